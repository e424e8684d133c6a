"""The dashboard: navigation only. ``streamlit run app.py`` or ``commonmode dashboard``."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import streamlit as st

from commonmode.dashboard.pulse import pulse
from commonmode.dashboard.source import reachable
from commonmode.dashboard.views import VIEWS

# Our own picture: a named icon here would be fetched from the web.
HERE = Path(__file__).parent
st.set_page_config(page_title="Commonmode", page_icon=str(HERE / "mark.svg"), layout="wide")
st.html(HERE / "style.css")
st.logo(HERE / "wordmark.svg", size="large", icon_image=HERE / "mark.svg")

page = st.navigation(
    {
        section: [
            st.Page(
                view.path,
                title=view.title,
                icon=view.icon,
                url_path=view.noun,
                default=view is VIEWS[0],
            )
            for view in views
        ]
        for section, views in groupby(VIEWS, key=lambda view: view.section)
    },
    expanded=True,
)
with reachable():
    page.run()
with st.sidebar:
    pulse()
