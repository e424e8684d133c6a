"""The server's log: what failed on a page quotes agents, and is read in a terminal."""

from __future__ import annotations

import io
import logging

import pytest
from tests.hostile_store import OBEYED, TEXTS

from commonmode.dashboard import serving

STREAMLIT = logging.getLogger("streamlit.error_util")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_escape_comes_out_of_a_page_that_fails(text: str) -> None:
    said = logging.StreamHandler(io.StringIO())
    STREAMLIT.addHandler(said)
    STREAMLIT.error("Uncaught app execution", exc_info=RuntimeError(text))
    STREAMLIT.removeHandler(said)

    assert serving.plainly in STREAMLIT.filters
    assert "RuntimeError" in said.stream.getvalue()
    assert OBEYED.findall(said.stream.getvalue()) == []
