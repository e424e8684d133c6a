"""A page that obeys every text of an attack, to see that the tests would see it."""

from __future__ import annotations

import polars as pl
import streamlit as st
from tests.hostile_store import TEXTS

st.dataframe(pl.DataFrame({"agent": [TEXTS["formula"]]}))
for text in TEXTS.values():
    if text.startswith(("<", '"')) and "<style>" not in text:
        st.html(text, unsafe_allow_javascript=True)
    else:
        st.markdown(text)
