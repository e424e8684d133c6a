"""Home: what is watched, what was found in it, and who acts on what."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import (
    NO_EVENTS,
    chart,
    claim,
    counted,
    empty,
    footing,
    grid,
    panel,
    rows_high,
)
from commonmode.dashboard.period import Period, choose_period
from commonmode.dashboard.scorecards import show_innocents, show_scorecard
from commonmode.dashboard.source import pace
from commonmode.dashboard.theme import look, strength
from commonmode.dashboard.truth import labels
from commonmode.dashboard.views import PATHS
from commonmode.dashboard.views.economy import charts, data


def show() -> None:
    """Arrange the home page."""
    st.title("Economy", anchor=False)
    period = choose_period()
    if period is None:
        empty(*NO_EVENTS)
        return
    tiles(period)
    if labels(period):
        left, right = st.columns([3, 2])
        with left:
            newest(period)
            show_scorecard(period)
        with right:
            show_innocents(period)
    else:
        newest(period)
    network(period)
    left, right = st.columns([3, 2])
    with left:
        flow(period)
    with right:
        families(period)


@st.fragment(run_every=pace())
def tiles(period: Period) -> None:
    """Count what is watched; ticks on its own."""
    counts = data.summary(period)
    st.caption(f"{watched(counts)} · {period.words()}")
    with st.grid(min_column_width=150, gap="xsmall", border=True):
        st.metric("Events", counts["events"], format="localized")
        st.metric("Agents", counts["agents"], format="localized")
        st.metric("Families", counts["families"] or "unknown")
        for detector, count in _findings_per_detector(period).items():
            st.metric(look(detector).name, count, icon=look(detector).icon)


def watched(counts: Mapping[str, int]) -> str:
    """Say what is watched; none of a kind means that the log does not say.

    Examples
    --------
    >>> watched({"agents": 21, "families": 0, "operators": 1, "resources": 72})
    '21 agents, run by 1 operator, acting on 72 resources'
    """
    told = {
        "families": ("of", "model famil(y|ies)"),
        "operators": ("run by", "operator(s)"),
        "resources": ("acting on", "resource(s)"),
    }
    known = [f"{how} {counted(counts[n], unit)}" for n, (how, unit) in told.items() if counts[n]]
    return ", ".join((counted(counts["agents"], "agent(s)"), *known))


def _findings_per_detector(period: Period) -> dict[str, int]:
    counts = data.newest(period).group_by("detector").len().sort("detector")
    return dict.fromkeys(("monoculture", "collusion", "scope"), 0) | dict(counts.iter_rows())


def newest(period: Period) -> None:
    """Show the surest finding of each detector, each with a way in."""
    found = data.newest(period)
    with panel("Findings", "The surest of each detector; all of them are on the findings page."):
        if found.is_empty():
            empty(
                "No finding stands in this period. Judge what is stored:",
                "commonmode detect --once --final",
            )
            return
        first = found.group_by("detector", maintain_order=True).first()
        for row in first.iter_rows(named=True):
            _card(row, found.filter(pl.col("detector") == row["detector"]).height)
        footing(found.height, "finding(s) standing", period)


def _card(row: dict[str, object], of_its_kind: int) -> None:
    detector = str(row["detector"])
    sure = strength(row["p_value"], row["q_value"], provisional=bool(row["provisional"]))  # type: ignore[arg-type]
    with st.container(key=f"card-{row['finding_id']}", gap="xsmall"):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.badge(look(detector).name, icon=look(detector).icon, color=look(detector).badge)
            st.badge(sure.word, color=sure.badge, help=sure.sentence)
            if of_its_kind > 1:
                st.caption(f"the surest of {of_its_kind:,}", width="content")
            st.space("stretch")
            st.page_link(
                PATHS["findings"],
                label="See why",
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={"finding": str(row["finding_id"])},
            )
        claim(row["claim"], key=f"small-{row['finding_id']}")


def network(period: Period) -> None:
    """Draw who acts on what."""
    frame = data.network(period)
    with panel(
        "Who acts on what",
        "Discs are agents in their family's colour, squares are resources. A ring in a detector's "
        "colour marks the agents that a finding names; they are shown first, then the busiest.",
    ):
        if frame.is_empty():
            empty(
                "No event in this period names a resource. Formats say which fields they fill:",
                "commonmode schema",
            )
            return
        chart(
            charts.network(frame),
            key="network",
            height=620,
            alt="Agents and the resources they act on",
        )
        footing(frame.height, "link(s) drawn, at most four per agent", period)


def flow(period: Period) -> None:
    """Draw events over time."""
    with panel("Flow"):
        frame = data.flow(period)
        chart(charts.flow(frame), key="flow", height=290, alt="Events per kind over event time")
        footing(int(frame["n"].sum()), "event(s)", period)


def families(period: Period) -> None:
    """List the families."""
    with panel("Families"):
        frame = data.families(period)
        grid(
            frame,
            height=rows_high(frame.height, 7),
            column_config={
                "events": st.column_config.ProgressColumn(
                    "events",
                    format="localized",
                    min_value=0,
                    max_value=int(frame["events"].max() or 1),  # type: ignore[arg-type]
                ),
                "refused": st.column_config.NumberColumn(
                    "refused", help="denied, failed or only attempted"
                ),
            },
        )
        footing(frame.height, "famil(y|ies)", period)


if __name__ == "__main__":
    show()
