"""What the home page reads: who is watched, how much flows, who acts on what.

A period ends with the newest event, so what counts events looks at all that came since its start.
"""

from __future__ import annotations

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read

# Here what is folded and what is not are added up as they are: `activity` and `presence` would
# group both by all their columns first. A period starts with a whole minute or hour.
SUMMARY = """
SELECT (SELECT coalesce(sum(events), 0)::BIGINT FROM folded_activity
        WHERE seconds = $grain AND start >= $start)
       + (SELECT count(*) FROM events
          WHERE seq >= (SELECT coalesce(max(next_seq), 0) FROM folds) AND "at" >= $start) AS events,
       agents, families, operators,
       (SELECT count(*) FROM resource_use WHERE last_at >= $start) AS resources,
FROM (SELECT count(DISTINCT agent) AS agents, count(DISTINCT family) AS families,
             count(DISTINCT operator) AS operators
      FROM (FROM folded_presence UNION ALL FROM recent_presence)
      WHERE last_at >= $start)
"""

FLOW = """
SELECT to_timestamp(floor(epoch(start) / $width) * $width) AS bucket, kind,
       sum(events)::BIGINT AS n
FROM (FROM folded_activity UNION ALL FROM recent_activity)
WHERE seconds = $grain AND start >= $start
GROUP BY ALL ORDER BY bucket, kind
"""

FINE_FLOW = """
SELECT to_timestamp(floor(epoch("at") / $width) * $width) AS bucket, kind, count(*) AS n
FROM events WHERE "at" >= $start
GROUP BY ALL ORDER BY bucket, kind
"""

FAMILIES = """
WITH new AS MATERIALIZED (
    SELECT family, agent, kind, outcome, attempted FROM events
    WHERE seq >= (SELECT coalesce(max(next_seq), 0) FROM folds) AND "at" >= $start
), counted AS (
    SELECT coalesce(family, '(unknown)') AS family, sum(events)::BIGINT AS events,
           coalesce(sum(events) FILTER (kind = 'action_taken'), 0)::BIGINT AS actions,
           sum(if(outcome IN ('denied', 'error'), events, attempted))::BIGINT AS refused
    FROM (SELECT family, kind, outcome, events, attempted FROM folded_activity
          WHERE seconds = $grain AND start >= $start
          UNION ALL SELECT family, kind, outcome, 1, if(attempted, 1, 0) FROM new)
    WHERE kind <> 'truth_declared'
    GROUP BY ALL
), there AS (
    SELECT coalesce(family, '(unknown)') AS family, count(DISTINCT agent) AS agents
    FROM (SELECT family, agent, kind FROM folded_presence WHERE last_at >= $start
          UNION ALL SELECT family, agent, kind FROM new)
    WHERE kind <> 'truth_declared'
    GROUP BY ALL
)
SELECT family, agents, events, actions, refused
FROM counted JOIN there USING (family) ORDER BY events DESC, family LIMIT 50
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
    return read(SUMMARY, start=period.start, grain=period.grain).row(0, named=True)


def flow(period: Period) -> pl.DataFrame:
    """Count events per kind and bucket: columns ``bucket, kind, n``."""
    width = period.bucket_seconds()
    if width % period.grain:
        return read(FINE_FLOW, start=period.start, width=width)
    return read(FLOW, start=period.start, width=width, grain=period.grain)


def families(period: Period) -> pl.DataFrame:
    """Sum up each family, the busiest first."""
    return read(FAMILIES, start=period.start, grain=period.grain)


def network(period: Period, agents: int = 90, resources: int = 40) -> pl.DataFrame:
    """Return who acts on what: the agents that findings name first, then the busiest."""
    return read(NETWORK, start=period.start, end=period.end, agents=agents, resources=resources)


def newest(period: Period) -> pl.DataFrame:
    """Return the standing findings, the surest of each detector first."""
    return read(NEWEST, start=period.start, end=period.end)
