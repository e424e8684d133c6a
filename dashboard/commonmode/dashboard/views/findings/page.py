"""Findings: the list, and one finding with all that proves it."""

from __future__ import annotations

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import NO_EVENTS, claims, empty, footing
from commonmode.dashboard.period import Period, choose_period
from commonmode.dashboard.scorecards import show_innocents
from commonmode.dashboard.source import pace
from commonmode.dashboard.theme import DETECTORS, look, strength
from commonmode.dashboard.url_state import choose, chosen
from commonmode.dashboard.views.findings import data
from commonmode.dashboard.views.findings.one import show_one


def show() -> None:
    """Arrange the findings page: one finding when the URL names it, the list otherwise."""
    period = choose_period()
    finding = chosen("finding")
    if finding is not None:
        if st.button("All findings", icon=":material/arrow_back:", type="tertiary"):
            choose("finding", None)
            st.rerun()
        show_one(finding)
        return
    st.title("Findings", anchor=False)
    if period is None:
        empty(*NO_EVENTS)
        return
    listed(period)
    show_innocents(period)


def listed(period: Period) -> None:
    """Filter and list; choosing a row opens it."""
    detector, status, named = filters()
    marked = st.session_state.setdefault("findings-mark", data.mark())
    arrivals(marked)
    frame = _as_of(marked, period, detector, status, named)
    if frame.is_empty():
        empty(
            "No finding matches. Widen the filters or the period, or judge what is stored:",
            "commonmode detect --once --final",
        )
        return
    picked = claims(
        _readable(frame),
        key="findings-table",
        lines=4,
        on_select="rerun",
        selection_mode="single-row",
        column_config=COLUMNS,
    )
    footing(frame.height, "finding(s)", period, "choose a row to see why")
    rows = picked.selection.rows
    if rows and choose("finding", frame["finding_id"][rows[0]]):
        st.rerun()


COLUMNS = {
    "sure": st.column_config.TextColumn("how sure", width=85),
    "detector": st.column_config.TextColumn("phenomenon", width=105),
    "effect": st.column_config.NumberColumn("effect", format="%.3g", help="in the detector's unit"),
    "q_value": st.column_config.NumberColumn("q", format="%.2g"),
    "n": st.column_config.NumberColumn("n", format="localized"),
    "window_start": st.column_config.DatetimeColumn("window", format="D MMM HH:mm", timezone="UTC"),
}


def filters() -> tuple[str | None, str, str | None]:
    """Ask which findings to list; the answers live in the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        detector = st.segmented_control(
            "Phenomenon",
            list(DETECTORS),
            key="detector",
            bind="query-params",
        )
        status = st.segmented_control(
            "Status",
            ["standing", "withdrawn", "all"],
            default="standing",
            required=True,
            key="status",
            bind="query-params",
        )
        named = st.text_input(
            "Names agent, resource or subject",
            key="named",
            bind="query-params",
            placeholder="part of a name",
        )
    return detector, status or "standing", named or None


def _as_of(
    marked: int, period: Period, detector: str | None, status: str, named: str | None
) -> pl.DataFrame:
    """Keep the list still while someone reads it: it changes with the mark and the filters only."""
    asked = (marked, period.start, detector, status, named)
    kept = st.session_state.get("findings-listed")
    if kept is None or kept[0] != asked:
        kept = (asked, data.listed(period, detector, status, named))
        st.session_state["findings-listed"] = kept
    frame: pl.DataFrame = kept[1]
    return frame


@st.fragment(run_every=pace())
def arrivals(marked: int) -> None:
    """Offer what has come since; the table itself never moves under the reader's hand."""
    new = data.since(marked)
    if new and st.button(f"{new:,} new — load", icon=":material/refresh:", key="findings-load"):
        st.session_state["findings-mark"] = data.mark()
        st.rerun()


def _readable(frame: pl.DataFrame) -> pl.DataFrame:
    sure = [
        strength(p, q, provisional=provisional).word
        for p, q, provisional in frame.select("p_value", "q_value", "provisional").iter_rows()
    ]
    return frame.select(
        pl.Series("sure", sure, pl.String),
        pl.Series("detector", [look(d).name for d in frame["detector"]], pl.String),
        "claim",
        "effect",
        "q_value",
        "n",
        "status",
        "window_start",
        "agents",
        "resources",
        "finding_id",
    )


if __name__ == "__main__":
    show()
