"""What the home page reads: who is watched, how much flows, who acts on what."""

from __future__ import annotations

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read

SUMMARY = """
SELECT count(*) AS events,
       count(DISTINCT agent) AS agents,
       count(DISTINCT family) AS families,
       count(DISTINCT operator) AS operators,
       count(DISTINCT resource) AS resources,
       any_value(market) AS market
FROM events WHERE "at" >= $start AND "at" < $end
"""

FLOW = """
SELECT to_timestamp(floor(epoch("at") / $width) * $width) AS bucket, kind, count(*) AS n
FROM events WHERE "at" >= $start AND "at" < $end
GROUP BY ALL ORDER BY bucket, kind
"""

FAMILIES = """
WITH whole AS (
    SELECT coalesce(family, '(unknown)') AS family, agent, kind, outcome, attempted
    FROM events
    WHERE "at" >= $start AND "at" < $end AND kind <> 'truth_declared'
)
SELECT family,
       count(DISTINCT agent) AS agents,
       count(*) AS events,
       count(*) FILTER (kind = 'action_taken') AS actions,
       count(*) FILTER (outcome IN ('denied', 'error') OR attempted) AS refused
FROM whole GROUP BY family ORDER BY events DESC LIMIT 50
"""

NETWORK = """
WITH named AS (
    SELECT agent, min(detector) AS detector
    FROM (SELECT unnest(agents) AS agent, detector FROM findings
          WHERE status <> 'withdrawn' AND window_end > $start AND window_start < $end)
    GROUP BY agent
), acts AS (
    SELECT agent, any_value(family) AS family, resource, count(*) AS n
    FROM events
    WHERE "at" >= $start AND "at" < $end AND resource IS NOT NULL
      AND kind IN ('action_taken', 'bid_placed', 'state_changed')
    GROUP BY agent, resource
), shown_agents AS (
    SELECT agent, any_value(detector) AS detector,
           row_number() OVER (
               PARTITION BY any_value(detector) IS NOT NULL ORDER BY sum(n) DESC
           ) AS place
    FROM acts LEFT JOIN named USING (agent)
    GROUP BY agent
    QUALIFY place <= $agents / 2
), shown_resources AS (
    SELECT resource FROM acts SEMI JOIN shown_agents USING (agent)
    GROUP BY resource ORDER BY sum(n) DESC LIMIT $resources
)
SELECT acts.agent, acts.family, acts.resource, acts.n, shown_agents.detector
FROM acts JOIN shown_agents USING (agent) SEMI JOIN shown_resources USING (resource)
QUALIFY row_number() OVER (PARTITION BY acts.agent ORDER BY acts.n DESC, acts.resource) <= 4
ORDER BY acts.agent, acts.n DESC, acts.resource
"""

NEWEST = """
SELECT finding_id, detector, status, claim, p_value, q_value, effect, n, provisional,
       window_start, window_end, agents
FROM findings
WHERE status <> 'withdrawn' AND window_end > $start AND window_start < $end
ORDER BY q_value NULLS FIRST, effect DESC
"""


def summary(period: Period) -> dict[str, int]:
    """Count who and what is watched in the period."""
    return read(SUMMARY, start=period.start, end=period.end).row(0, named=True)


def flow(period: Period) -> pl.DataFrame:
    """Count events per kind and bucket: columns ``bucket, kind, n``."""
    width = period.bucket_seconds()
    return read(FLOW, start=period.start, end=period.end, width=width)


def families(period: Period) -> pl.DataFrame:
    """Sum up each family, the busiest first."""
    return read(FAMILIES, start=period.start, end=period.end)


def network(period: Period, agents: int = 90, resources: int = 40) -> pl.DataFrame:
    """Return who acts on what: the agents that findings name first, then the busiest."""
    return read(NETWORK, start=period.start, end=period.end, agents=agents, resources=resources)


def newest(period: Period) -> pl.DataFrame:
    """Return the standing findings, the surest of each detector first."""
    return read(NEWEST, start=period.start, end=period.end)
