"""Planted truth beside what was found: the scorecard, and the innocents that were left alone."""

from __future__ import annotations

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import footing, panel, rows_high
from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read
from commonmode.dashboard.theme import look

_MATCHED = """
WITH standing AS (
    SELECT finding_id, detector, subject, agents FROM findings
    WHERE status <> 'withdrawn' AND window_end > $start AND window_start < $end
), named AS (
    SELECT finding_id, detector, subject AS who FROM standing
    UNION
    SELECT finding_id, detector, unnest(agents) AS who FROM standing
), declared AS (
    SELECT phenomenon, subject, label, coalesce(args->>'lookalike', args->>'plant', '') AS plant
    FROM truth WHERE "at" >= $start AND "at" < $end
    GROUP BY ALL
), guilty AS (
    SELECT DISTINCT phenomenon, subject FROM declared WHERE label = 'culprit'
), matched AS (  -- who is a culprit too is no false alarm for being innocent of something else
    SELECT declared.*,
           min(named.finding_id) FILTER (
               label = 'culprit' OR (declared.phenomenon, declared.subject) NOT IN (FROM guilty)
           ) AS finding_id
    FROM declared LEFT JOIN named
      ON named.who = declared.subject AND named.detector = declared.phenomenon
    GROUP BY ALL
)
"""

SCORECARD = (
    _MATCHED  # noqa: S608  two constants
    + """
, per_truth AS (
    SELECT phenomenon,
           count(*) FILTER (label = 'culprit') AS planted,
           count(*) FILTER (label = 'culprit' AND finding_id IS NOT NULL) AS found,
           count(*) FILTER (label = 'innocent') AS innocents,
           count(*) FILTER (label = 'innocent' AND finding_id IS NOT NULL) AS innocents_flagged
    FROM matched GROUP BY phenomenon
), per_finding AS (
    SELECT standing.detector AS phenomenon, count(*) AS findings,
           count(*) FILTER (NOT exists(
               SELECT 1 FROM matched WHERE label = 'culprit' AND phenomenon = standing.detector
                 AND (subject = standing.subject OR list_contains(standing.agents, subject))
           )) AS false_alarms
    FROM standing GROUP BY standing.detector
)
SELECT phenomenon, planted, found, planted - found AS missed, innocents, innocents_flagged,
       coalesce(findings, 0) AS findings, coalesce(false_alarms, 0) AS false_alarms
FROM per_truth LEFT JOIN per_finding USING (phenomenon)
ORDER BY phenomenon
"""
)

INNOCENTS = (
    _MATCHED
    + """
SELECT phenomenon, plant AS lookalike, count(*) AS subjects,
       count(finding_id) AS flagged, min(subject) AS example
FROM matched WHERE label = 'innocent'
GROUP BY phenomenon, plant ORDER BY flagged DESC, phenomenon, lookalike
"""
)

OF_FINDING = """
SELECT phenomenon, subject, label, value, args, "at" FROM truth
WHERE phenomenon = $detector AND (subject = $subject OR list_contains($agents, subject))
ORDER BY label, subject LIMIT 200
"""


DECLARED = """
SELECT count(*) > 0 AS declared FROM truth WHERE "at" >= $start AND "at" < $end
"""


def declares_truth(period: Period) -> bool:
    """Tell whether the log declares any truth in the period."""
    return bool(read(DECLARED, start=period.start, end=period.end).item())


def scorecard(period: Period) -> pl.DataFrame:
    """Count found, missed and false against the truth declared in the period."""
    return read(SCORECARD, start=period.start, end=period.end)


def innocents(period: Period) -> pl.DataFrame:
    """List the innocent lookalikes and how many of each were flagged."""
    return read(INNOCENTS, start=period.start, end=period.end)


def of_finding(detector: str, subject: str, agents: list[str]) -> pl.DataFrame:
    """Return the truth declared of whom a finding names."""
    return read(OF_FINDING, detector=detector, subject=subject, agents=agents)


def show_scorecard(period: Period) -> None:
    """Show the scorecard, when the log declares truth at all."""
    frame = scorecard(period)
    if frame.is_empty():
        return
    with panel(
        "Scorecard",
        "This log declares truth, planted or labelled. Detectors never read it; it is compared "
        "here with what they found.",
    ):
        st.dataframe(
            _named(frame),
            hide_index=True,
            column_order=["phenomenon", "planted", "found", "missed", "false_alarms"],
            column_config={
                "planted": st.column_config.NumberColumn("planted", help="culprits in the truth"),
                "false_alarms": st.column_config.NumberColumn(
                    "false", help="findings that name no culprit"
                ),
            },
        )
        footing(int(frame["planted"].sum()), "planted culprits", period)


def show_innocents(period: Period) -> None:
    """Show the innocent lookalikes beside the findings: what must not be flagged."""
    frame = innocents(period)
    if frame.is_empty():
        return
    clean = frame.filter(pl.col("flagged") == 0).height
    with panel(
        "Innocent lookalikes",
        "Each looks like a finding to a naive statistic: a shared shock, a hot resource, a late "
        "grant. None may be flagged.",
    ):
        st.dataframe(
            _named(frame).with_columns(
                verdict=pl.when(pl.col("flagged") == 0)
                .then(pl.lit("✓ not flagged"))
                .otherwise(pl.lit("✗ flagged")),
            ),
            hide_index=True,
            height=rows_high(frame.height, 8),
            column_order=["lookalike", "verdict", "phenomenon", "subjects", "flagged", "example"],
        )
        footing(frame.height, f"lookalikes, {clean} not flagged", period)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    names = [look(detector).name for detector in frame["phenomenon"]]
    return frame.with_columns(pl.Series("phenomenon", names, pl.String))
