"""Panels that hold findings against the labels of the log."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from commonmode.dashboard import truth
from commonmode.dashboard.panel import footing, grid, panel, rows_high
from commonmode.dashboard.period import Period
from commonmode.dashboard.theme import look


def show_scorecard(period: Period) -> None:
    """Show found, missed and false, when the log declares truth at all."""
    counts = truth.scorecard(truth.labels(period), truth.standing(period))
    if not counts:
        return
    with panel(
        "Scorecard",
        "This log declares truth, planted or labelled. Detectors never read it; it is compared "
        "here with what they found.",
    ):
        grid(
            _named(truth.frame(counts, truth.Count)),
            column_config={
                "planted": st.column_config.NumberColumn("planted", help="culprits in the truth"),
                "false_alarms": st.column_config.NumberColumn(
                    "false", help="findings that name no culprit"
                ),
            },
        )
        footing(sum(count.planted for count in counts), "planted culprit(s)", period)


def show_innocents(period: Period) -> None:
    """Show the innocent lookalikes beside the findings: what must not be flagged."""
    rows = truth.innocents(truth.labels(period), truth.standing(period))
    if not rows:
        return
    clean = sum(row.flagged == 0 for row in rows)
    with panel(
        "Innocent lookalikes",
        "Each looks like a finding to a naive statistic: a shared shock, a hot resource, a late "
        "grant. None may be flagged, not even by a finding that merely touches it.",
    ):
        verdicts = ["✓ not flagged" if row.flagged == 0 else "✗ flagged" for row in rows]
        grid(
            _named(truth.frame(rows, truth.Innocent)).with_columns(
                pl.Series("verdict", verdicts, pl.String)
            ),
            height=rows_high(len(rows), 14),
            column_order=[
                "lookalike",
                "verdict",
                "phenomenon",
                "subjects",
                "flagged",
                "example",
            ],
        )
        footing(len(rows), f"lookalike(s), {clean} not flagged", period)


def show_of_finding(finding: dict[str, Any]) -> None:
    """Show what the log says of those whom a finding names, where it says anything."""
    named = truth.Named(
        finding["detector"],
        finding["subject"],
        tuple(finding["agents"] or ()),
        tuple(finding["resources"] or ()),
    )
    window = Period(finding["window_start"], finding["window_end"], 0)
    declared = [x for x in truth.labels(window) if x.phenomenon == named.detector]
    if not declared:
        return
    touched = [label for label in declared if truth.touches(named, label)]
    with panel("Planted truth", "Labels in the log, which detectors never read."):
        if any(label.label == "culprit" and truth.names(named, label) for label in touched):
            st.badge("truth agrees: a culprit is named", icon=":material/check:", color="green")
        else:
            st.badge("false alarm: no culprit is named", icon=":material/close:", color="red")
        grid(truth.frame(touched, truth.Label), height=rows_high(len(touched), 6))
        footing(len(touched), f"label(s) (touches|touch) it, of {len(declared)} in its window")


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    names = [look(detector).name for detector in frame["phenomenon"]]
    return frame.with_columns(pl.Series("phenomenon", names, pl.String))
