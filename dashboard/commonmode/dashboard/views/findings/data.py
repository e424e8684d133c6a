"""What the findings view reads: the list as of a mark, one finding, its evidence and its life."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read

MARK = "SELECT coalesce(max(seq), 0) AS mark, count(*) AS n FROM finding_events"

SINCE = "SELECT count(*) AS n FROM finding_events WHERE seq > $mark"

LISTED = """
SELECT finding_id, detector, status, subject, claim, effect, p_value, q_value, n, provisional,
       revision, window_start, window_end, agents, resources
FROM findings
WHERE window_end > $start AND window_start < $end
  AND ($detector IS NULL OR detector = $detector)
  AND ($status = 'all' OR (status <> 'withdrawn') = ($status = 'standing'))
  AND ($named IS NULL OR contains(lower(subject || ' ' || array_to_string(agents, ' ') || ' '
                                  || array_to_string(resources, ' ')), lower($named)))
ORDER BY provisional, row_number() OVER (
    PARTITION BY detector ORDER BY provisional, coalesce(q_value, p_value, 0), effect DESC
) > 1, coalesce(q_value, p_value, 0), effect DESC, finding_id
LIMIT $most
"""

ONE = "SELECT * FROM findings WHERE finding_id = $finding"

EVIDENCE = """
SELECT events.at, events.agent, events.family, events.kind, events.action, events.choice,
       events.resource, events.outcome, events.context, events.recipient, events.price,
       events."grant", events.id
FROM evidence JOIN events ON events.id = evidence.event_id
WHERE evidence.finding_id = $finding
ORDER BY events.at, events.id LIMIT $most
"""

LIFE = """
SELECT CAST(finding->>'revision' AS INTEGER) AS revision,
       finding->>'status' AS status,
       finding->>'reason' AS reason,
       CAST(finding->'score'->>'statistic' AS DOUBLE) AS statistic,
       CAST(finding->'score'->>'effect' AS DOUBLE) AS effect,
       CAST(finding->'score'->>'q_value' AS DOUBLE) AS q_value,
       CAST(finding->>'evidence_total' AS INTEGER) AS evidence,
       CAST(coalesce(finding->>'provisional', 'false') AS BOOLEAN) AS provisional,
       "at", ingested_at
FROM finding_events WHERE finding->>'finding_id' = $finding
ORDER BY revision, seq
"""

AGENTS = """
SELECT agent, any_value(family) AS family, any_value(model) AS model,
       any_value(operator) AS operator, any_value(role) AS role,
       count(*) FILTER ("at" >= $start AND "at" < $end) AS events_in_window
FROM events WHERE list_contains($agents, agent)
GROUP BY agent ORDER BY list_position($agents, agent)
"""

MOST_LISTED = 2_000
"""Rows of a table that can be selected in; past this many, narrow the filters."""
MOST_EVIDENCE = 2_000


def mark() -> int:
    """Return the newest position in the life of findings: what a list is as of."""
    return int(read(MARK)["mark"].item())


def since(marked: int) -> int:
    """Count what happened to findings after a mark."""
    return int(read(SINCE, mark=marked).item())


def listed(period: Period, detector: str | None, status: str, named: str | None) -> pl.DataFrame:
    """List findings, the surest first: one of each phenomenon, then all others.

    Breaches are exact and many, and would push all that is uncertain out of sight.
    """
    return read(
        LISTED,
        start=period.start,
        end=period.end,
        detector=detector,
        status=status,
        named=named,
        most=MOST_LISTED,
    )


def one(finding: str) -> dict[str, Any] | None:
    """Return the latest revision of a finding, or None when there is no such finding."""
    rows = read(ONE, finding=finding)
    return None if rows.is_empty() else rows.row(0, named=True)


def evidence(finding: str) -> pl.DataFrame:
    """Return the events a finding cites, in event time."""
    return read(EVIDENCE, finding=finding, most=MOST_EVIDENCE)


def life(finding: str) -> pl.DataFrame:
    """Return the revisions of a finding, oldest first."""
    return read(LIFE, finding=finding)


def agents(names: list[str], finding: dict[str, Any]) -> pl.DataFrame:
    """Say who the named agents are."""
    return read(AGENTS, agents=names, start=finding["window_start"], end=finding["window_end"])


def measures(finding: dict[str, Any]) -> dict[str, float]:
    """Return a finding's further numbers."""
    stored = finding.get("measures")
    found = json.loads(stored) if isinstance(stored, str) else stored
    return {name: value for name, value in (found or {}).items() if isinstance(value, int | float)}
