"""The dashboard: navigation only. ``commonmode dashboard`` serves it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from commonmode.dashboard.entrance import admitted, signed_in
from commonmode.dashboard.pulse import pulse
from commonmode.dashboard.source import reachable
from commonmode.dashboard.views import VIEWS, View

# Our own picture: a named icon here would be fetched from the web.
HERE = Path(__file__).parent
st.set_page_config(page_title="Commonmode", page_icon=str(HERE / "mark.svg"), layout="wide")
st.html(HERE / "style.css")
st.logo(HERE / "wordmark.svg", size="large", icon_image=HERE / "mark.svg")

HOME = VIEWS[0]


def pages(views: Iterable[View]) -> Iterator[Page]:
    """Yield the pages; home answers to the bare address and, unlisted, to its own name."""
    for view in views:
        if view is HOME:
            yield st.Page(view.path, title=view.title, icon=view.icon, default=True)
        yield st.Page(
            view.path,
            title=view.title,
            icon=view.icon,
            url_path=view.noun,
            visibility="hidden" if view is HOME else "visible",
        )


may_read = admitted()
page = st.navigation(
    {
        section: list(pages(views))
        for section, views in groupby(VIEWS, key=lambda view: view.section)
    },
    position="sidebar" if may_read else "hidden",
    expanded=True,
)
if not may_read:
    st.stop()
with reachable():
    page.run()
with st.sidebar:
    pulse()
    signed_in()
