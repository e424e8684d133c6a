"""Every view opens, whatever the store holds and whatever the URL says."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import commonmode.dashboard as dashboard
from commonmode.dashboard.views import VIEWS, View

from tests.dashboard import small_store

APP = Path(dashboard.__file__).with_name("app.py")
every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.noun)


def opened(view: View, **query: str) -> AppTest:
    """Open one view of the app, as a link with these parameters would."""
    at = AppTest.from_file(str(APP), default_timeout=60).run()
    at.switch_page(view.path)
    at.query_params.update(query)
    return at.run()
