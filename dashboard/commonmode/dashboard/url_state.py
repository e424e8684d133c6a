"""The URL holds the state of a view: what is seen can be sent to someone.

Filters bind themselves to the query string (``bind="query-params"``); this page keeps what no
widget holds: the finding, agent or event looked at, and the SQL handed to the workbench.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


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


def pick(label: str, options: Mapping[str, str], *, key: str) -> str:
    """Let the reader pick one of `options` (name in the URL → words on the screen).

    A select box that binds itself would write its words into the URL, and they hold agent text.
    """
    names = list(options)
    given = chosen(key)
    picked: str = st.selectbox(
        label,
        names,
        index=names.index(given) if given in names else 0,
        format_func=lambda name: options[name],
        key=f"pick-{key}",
    )
    choose(key, picked if picked != names[0] or given is not None else None)
    return picked
