"""Scorecard: how far the detectors can be believed, their bad rows first."""

from __future__ import annotations

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import chart, grid, panel, rows_high
from commonmode.dashboard.theme import look
from commonmode.dashboard.views.scorecard import charts, data
from commonmode.evaluation import Scorecard


def show() -> None:
    """Arrange the scorecard page."""
    st.title("Scorecard", anchor=False)
    card, own = data.scorecard()
    origin(card, own=own)
    glance(card)
    bad(card)
    power(card)
    left, right = st.columns(2)
    with left:
        lookalikes(card)
    with right:
        crossfire(card)
        quantiles(card)
    table("Detection delay", data.delays(card), DELAY)
    table("Bias of estimates", data.biases(card), BIAS)
    table("What is called collusion", data.names(card), NAMES)


DELAY = "Hours of event time from a culprit's first label to the first of several looks finding it."
BIAS = "Reported minus planted, whatever the verdict."
NAMES = (
    "Three of four tiers, an answer to price cuts among them, before the word is used. Learners "
    "without memory can answer nobody: none of theirs may be called so."
)


def origin(card: Scorecard, *, own: bool) -> None:
    """Say what the figures are of, and how to make them again."""
    made = "made with this data folder" if own else "that came with the program"
    st.caption(
        f"The scorecard {made}: synthetic economies with planted truth and innocent lookalikes, "
        f"seeds {card.seeds}. Thresholds were set on seeds 0-49; detectors never see a label."
    )
    for name, (measured, now) in card.stale(data.VERSIONS).items():
        st.warning(
            f"Not measured yet: these are figures of {name} version {measured}, "
            f"which is {'gone' if now is None else f'version {now}'} now.",
            icon=":material/update:",
        )
    with st.expander("Make it again, or see the detectors at work"):
        st.code(f"{card.command}\ncommonmode demo", language="bash")


def glance(card: Scorecard) -> None:
    """Sum each detector up."""
    with panel(
        "At a glance",
        "Realised FDR and recall in the world with every plant and every lookalike; false alarms "
        "over all worlds in which nothing is planted.",
    ):
        frame = data.glance(card)
        grid(frame, height=rows_high(frame.height))


def bad(card: Scorecard) -> None:
    """List the bad rows."""
    with panel(
        "Bad rows",
        "False alarms certainly above 5 %, or more than half of what was planted missed.",
    ):
        frame = data.bad(card)
        if frame.is_empty():
            st.caption(":material/check: None.")
        else:
            grid(frame, height=rows_high(frame.height))


def power(card: Scorecard) -> None:
    """Draw a power curve per knob."""
    curves = data.power(card)
    if curves.is_empty():
        return
    with panel("Power", "Culprits found against the strength of what was planted, with 95 %."):
        parts = curves.partition_by("detector", "knob", maintain_order=True)
        for column, part in zip(st.columns(len(parts)), parts, strict=True):
            name, knob = look(part["detector"][0]).name, part["knob"][0]
            with column:
                st.caption(f"{name} against {knob}")
                chart(
                    charts.power(part),
                    key=f"power-{part['detector'][0]}-{knob}",
                    height=240,
                    alt=f"Share of culprits that {name} finds against {knob}",
                )


def lookalikes(card: Scorecard) -> None:
    """Draw false alarms on each lookalike."""
    frame = data.lookalikes(card)
    if frame.is_empty():
        return
    with panel(
        "False alarms on each lookalike",
        "Share of logs with a finding where nobody is guilty (dot) and the upper end of its 95 % "
        "interval (bar); red when certainly above 5 %.",
    ):
        chart(
            charts.lookalikes(frame),
            key="lookalikes",
            height=60 + 24 * frame.height,
            alt="False alarms per innocent lookalike",
        )


def crossfire(card: Scorecard) -> None:
    """Draw detectors on plants of others."""
    frame = data.crossfire(card)
    if frame.is_empty():
        return
    with panel("Cross-fire", "Share of logs in which a detector accused somebody wrongly."):
        chart(
            charts.crossfire(frame),
            key="crossfire",
            height=60 + 24 * frame["world"].n_unique(),
            alt="False findings of each detector where something else was planted",
        )


def quantiles(card: Scorecard) -> None:
    """Draw p-values where nothing is planted."""
    frame = data.quantiles(card)
    if frame.is_empty():
        return
    with panel(
        "p-values where nothing is planted",
        "One per log. Below the dashed line they are too small and accuse the innocent; above it "
        "they cost power only.",
    ):
        chart(
            charts.quantiles(frame),
            key="quantiles",
            height=300,
            alt="Quantiles of p-values against the uniform distribution",
        )


def table(title: str, frame: pl.DataFrame, about: str) -> None:
    """Show one table, if there is anything in it."""
    if frame.is_empty():
        return
    with panel(title, about):
        grid(frame, height=rows_high(frame.height, 12))


if __name__ == "__main__":
    show()
