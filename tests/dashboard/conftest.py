"""Stores to look at, and a way to open a view on one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from tests.dashboard import small_store

from commonmode import dashboard
from commonmode.dashboard.views import VIEWS

APP = Path(str(dashboard.__file__)).with_name("app.py")

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three findings and their innocents."""
    return small_store.fill(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with an agent whose name attacks the reader."""
    return small_store.fill(tmp_path_factory.mktemp("hostile"), hostile=small_store.HOSTILE)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with nothing in it."""
    return small_store.empty(tmp_path_factory.mktemp("empty"))


@pytest.fixture(autouse=True)
def _main_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit makes the app `__main__` and leaves it so; a spawned process would run that."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a view of the app on a store, as a link with these parameters would."""

    def open_view(noun: str, data_dir: Path, **query: str) -> AppTest:
        monkeypatch.setenv("COMMONMODE_DATA", str(data_dir))
        monkeypatch.setenv("COMMONMODE_REFRESH", "0")
        # As the settings beside the app say, which no test of an app reads.
        config.set_option("server.address", "127.0.0.1")
        st.cache_data.clear()
        at = AppTest.from_file(str(APP), default_timeout=120)
        # `switch_page` would first need a run of the home page, which is the costliest.
        at._page_hash = calc_hash("" if noun == VIEWS[0].noun else noun)
        at.query_params.update(query)
        return at.run()

    return open_view


def words(at: AppTest) -> str:
    """Return all that a view says, its tables left out."""
    groups = (
        at.title,
        at.subheader,
        at.caption,
        at.text,
        at.markdown,
        at.code,
        at.metric,
        at.warning,
    )
    said = [f"{getattr(e, 'label', '')} {e.value}" for group in groups for e in group]
    return "\n".join(said)


def healthy(at: AppTest) -> bool:
    """Tell whether a view ran to its end: no exception, and no question that was refused."""
    return not at.exception and not at.error
