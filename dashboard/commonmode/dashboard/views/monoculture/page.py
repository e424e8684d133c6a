"""Monoculture: where agents of one family decide alike beyond the situation."""

from __future__ import annotations

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import NO_EVENTS, chart, empty, footing, grid, panel
from commonmode.dashboard.period import Period, choose_period
from commonmode.dashboard.summaries import findings_table
from commonmode.dashboard.theme import look
from commonmode.dashboard.views.monoculture import charts, data


def show() -> None:
    """Arrange the monoculture page."""
    st.title("Monoculture", anchor=False)
    st.caption(look("monoculture").asks)
    period = choose_period()
    if period is None:
        empty(*NO_EVENTS)
        return
    found = data.findings(period)
    findings_table("monoculture", found, period)
    agreement = data.agreement(period)
    if agreement.is_empty():
        empty(
            "Agreement needs actions with `context` and `family`; this period has none. "
            "Formats say which fields they fill:",
            "commonmode schema",
        )
        return
    left, right = st.columns(2)
    with left:
        families(agreement, period)
    with right:
        heat_map(agreement, period)
    contexts(period)


def families(agreement: pl.DataFrame, period: Period) -> None:
    """Compare agreement within each family with that between."""
    frame = data.excess(agreement)
    with panel(
        "Within and between",
        "How often two agents of one family choose alike in one context, beside how often they "
        "agree with agents of other families. Raw agreement means nothing: the gap does. κ here "
        "only describes; the tested value, corrected for shared operators, stands on the finding.",
    ):
        chart(
            charts.within_between(frame),
            key="within",
            height=90 + 46 * frame.height,
            alt="Agreement within and between families",
        )
        grid(
            frame,
            column_config={
                "kappa": st.column_config.NumberColumn("κ, described", format="%.3f"),
                "within": st.column_config.NumberColumn(format="percent"),
                "between": st.column_config.NumberColumn(format="percent"),
                "pairs": st.column_config.NumberColumn("pairs of agents", format="compact"),
            },
        )
        footing(frame.height, "famil(y|ies)", period)


def heat_map(agreement: pl.DataFrame, period: Period) -> None:
    """Draw agreement between every two families."""
    with panel("Agreement between families", "The diagonal is agreement within a family."):
        n = agreement["one"].n_unique()
        chart(
            charts.heat_map(agreement),
            key="heat",
            height=max(320, 120 + 52 * n),
            alt="Agreement between every two families",
        )
        footing(int(agreement["contexts"].max() or 0), "context(s)", period)  # type: ignore[arg-type]


def contexts(period: Period) -> None:
    """Draw the contexts, those with the most excess first."""
    frame = data.contexts(period)
    with panel(
        "Contexts",
        "Each disc is one situation that agents of several families faced; above the line, "
        "families agree within more than between.",
    ):
        if frame.is_empty():
            empty("No context was faced by two families with two agents each.")
            return
        left, right = st.columns(2)
        with left:
            chart(
                charts.contexts(frame),
                key="contexts",
                height=360,
                alt="Agreement within against between, per context",
            )
        with right:
            excess = pl.col("within") - pl.col("between")
            grid(
                frame.sort(excess, descending=True),
                height=360,
                column_config={
                    "within": st.column_config.NumberColumn(format="percent"),
                    "between": st.column_config.NumberColumn(format="percent"),
                },
            )
        footing(
            frame.height,
            "context(s)",
            period,
            "those with most agents, 400 at most; sorted by excess",
        )


if __name__ == "__main__":
    show()
