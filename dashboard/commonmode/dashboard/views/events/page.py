"""Events: filter, page, and look at one whole."""

from __future__ import annotations

import math

import streamlit as st

from commonmode.dashboard.panel import NO_EVENTS, empty, footing, grid, panel
from commonmode.dashboard.period import Period, choose_period
from commonmode.dashboard.plain_text import visible
from commonmode.dashboard.url_state import choose, chosen
from commonmode.dashboard.views.events import charts, data


def show() -> None:
    """Arrange the events page."""
    st.title("Events", anchor=False)
    period = choose_period()
    if period is None:
        empty(*NO_EVENTS)
        return
    asked = filters(period)
    total = data.counted(period, asked)
    if total == 0:
        empty("No event matches. Clear a filter or widen the period.")
        return
    listed(period, asked, total)
    identifier = chosen("event")
    if identifier is not None:
        one(identifier)


def filters(period: Period) -> data.Asked:
    """Ask which events to list; the answers live in the URL."""
    known = data.choices(period)
    with st.grid(min_column_width=170):
        kind = st.selectbox(
            "Kind",
            known["kinds"],
            index=None,
            placeholder="every kind",
            key="kind",
            bind="query-params",
        )
        family = st.selectbox(
            "Family",
            known["families"],
            index=None,
            placeholder="every family",
            key="family",
            bind="query-params",
        )
        outcome = st.selectbox(
            "Outcome",
            known["outcomes"],
            index=None,
            placeholder="every outcome",
            key="outcome",
            bind="query-params",
        )
        agent = st.text_input(
            "Agent", key="agent", bind="query-params", placeholder="part of a name"
        )
        resource = st.text_input(
            "Resource", key="resource", bind="query-params", placeholder="part of a path"
        )
        context = st.text_input(
            "Context", key="context", bind="query-params", placeholder="part of a key"
        )
    return data.Asked(kind, family, outcome, agent or None, resource or None, context or None)


def listed(period: Period, asked: data.Asked, total: int) -> None:
    """List one page; choosing a row shows the event whole."""
    pages = math.ceil(total / data.PAGE)
    number = st.session_state.get("page", 1)
    frame = data.paged(period, asked, min(number, pages))
    picked = grid(
        frame,
        key="events-table",
        height=420,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "at": st.column_config.DatetimeColumn(
                "at", format="D MMM YYYY HH:mm:ss.SSS", timezone="UTC"
            )
        },
    )
    left, right = st.columns([2, 1], vertical_alignment="center")
    with left:
        st.pagination(pages, key="page")
    with right:
        footing(total, "event(s) (matches|match)", None, f"{data.PAGE} a page, newest first")
    rows = picked.selection.rows
    if rows and rows[0] < frame.height:
        choose("event", frame["id"][rows[0]])


def one(identifier: str) -> None:
    """Show one event as it is stored."""
    event = data.one(identifier)
    with panel("One event"):
        if event is None:
            st.warning("No event of this store has this id.", icon=":material/link_off:")
            st.text(visible(identifier)[:80])
            return
        st.code(charts.as_json(event), language="json", wrap_lines=True)


if __name__ == "__main__":
    show()
