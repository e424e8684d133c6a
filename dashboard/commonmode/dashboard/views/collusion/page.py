"""Collusion: agents that act together on shared resources without a word."""

from __future__ import annotations

from typing import Any

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
from commonmode.dashboard.plain_text import short
from commonmode.dashboard.summaries import findings_table
from commonmode.dashboard.theme import look
from commonmode.dashboard.url_state import pick
from commonmode.dashboard.views.collusion import charts, data


def show() -> None:
    """Arrange the collusion page."""
    st.title("Collusion", anchor=False)
    st.caption(look("collusion").asks)
    period = choose_period()
    if period is None:
        empty(*NO_EVENTS)
        return
    found = data.findings(period)
    findings_table("collusion", found, period)
    if found.is_empty():
        return
    graph(found, period)
    one_ring(found, period)


def graph(found: pl.DataFrame, period: Period) -> None:
    """Draw all rings."""
    joint = data.joint(found, period)
    pairs = data.pairs(joint, data.bin_seconds(found["parameters"][0]))
    with panel(
        "Rings",
        "Discs are agents, one colour a ring. A thick line: how often two acted on one resource "
        "within one bin of time. Squares are the resources they met on.",
    ):
        chart(
            charts.rings(found, pairs, joint),
            key="rings",
            height=480,
            alt="Rings of agents and the resources they met on",
        )
        rings = counted(found.height, "ring(s)")
        footing(int(pairs["together"].sum()), f"joint action(s) of {rings}", period)


def one_ring(found: pl.DataFrame, period: Period) -> None:
    """Look at one ring: its joint actions, who answers whom, and its messages."""
    rows = {row["finding_id"]: row for row in found.iter_rows(named=True)}
    ring = rows[pick("Ring", {name: _in_words(row) for name, row in rows.items()}, key="ring")]
    activity = data.activity(ring)
    with panel(
        "Acting together",
        "What members did on the ring's resources. Marks above each other are one moment.",
    ):
        claim(ring["claim"], key="small-ring")
        if activity.is_empty():
            empty(
                "The ring's events are not in this store. Rebuild it from the log:",
                "commonmode replay",
            )
            return
        places = activity["resource"].n_unique()
        chart(
            charts.together(activity),
            key="together",
            height=100 + max(34, 9 * len(ring["agents"])) * places,
            alt="Joint actions over time",
        )
        footing(activity.height, "action(s)", Period(ring["window_start"], ring["window_end"], 0))
    left, right = st.columns([3, 2])
    with left:
        footprint(activity)
    with right:
        words(ring, period)


def _in_words(ring: dict[str, Any]) -> str:
    return f"{ring['window_start']:%d %b %H:%M} · " + ", ".join(map(short, ring["agents"][:6]))


def footprint(activity: pl.DataFrame) -> None:
    """Show who answers whose change of the shared world."""
    with panel(
        "Footprints and answers",
        "Who acts next on a resource that a member has just touched. This describes; the tested "
        "response stands on the finding.",
    ):
        answers = data.footprints(activity)
        if answers.is_empty():
            empty("No member acted on a resource after another.")
            return
        chart(
            charts.answers(answers),
            key="answers",
            height=150 + 40 * answers["leader"].n_unique(),
            alt="Who answers whom",
        )
        grid(
            answers,
            height=rows_high(answers.height, 5),
            column_config={
                "median_seconds": st.column_config.NumberColumn("median delay, s", format="%.1f")
            },
        )
        footing(int(answers["answers"].sum()), "answer(s)")


def words(ring: dict[str, Any], period: Period) -> None:
    """Show the messages between members: the other explanation, and its absence."""
    with panel(
        "Did they talk?",
        "Direct messages would explain acting together. Their absence is what makes it silent.",
    ):
        sent = data.messages(list(ring["agents"]), period)
        if sent.is_empty():
            st.badge("not a word between them", icon=":material/volume_off:", color="orange")
        else:
            st.badge("they wrote to each other", icon=":material/forum:", color="blue")
            grid(sent)
        footing(int(sent["messages"].sum()), "message(s) between members", period)


if __name__ == "__main__":
    show()
