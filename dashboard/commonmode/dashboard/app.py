"""The dashboard: navigation only. ``streamlit run app.py`` or ``commonmode dashboard``."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import streamlit as st

from commonmode.dashboard.pulse import pulse
from commonmode.dashboard.source import reachable
from commonmode.dashboard.views import VIEWS

st.set_page_config(page_title="Commonmode", page_icon=":material/hub:", layout="wide")
st.html(Path(__file__).with_name("style.css"))
st.logo(
    Path(__file__).with_name("wordmark.svg"),
    size="large",
    icon_image=Path(__file__).with_name("mark.svg"),
)

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
