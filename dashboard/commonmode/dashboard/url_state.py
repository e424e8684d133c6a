"""The URL holds the state of a view: what is seen can be sent to someone.

Filters bind themselves to the query string (``bind="query-params"``); this page keeps what no
widget holds: the finding, agent or event looked at, and the SQL handed to the workbench.
"""

from __future__ import annotations

import re

import streamlit as st

_IDENTIFIER = re.compile(r"[0-9A-Za-z:_./@-]{1,200}")


def chosen(name: str) -> str | None:
    """Return what the URL says is chosen, or None when it says nothing."""
    return st.query_params.get(name) or None


def choose(name: str, value: str | None) -> bool:
    """Write a choice into the URL; True when that changed it."""
    if chosen(name) == value:
        return False
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    return True


def well_formed(identifier: str) -> bool:
    """Tell an identifier from a mangled link.

    Examples
    --------
    >>> well_formed("3f2a9b"), well_formed("<script>")
    (True, False)
    """
    return _IDENTIFIER.fullmatch(identifier) is not None
