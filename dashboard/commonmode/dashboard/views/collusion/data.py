"""What the collusion view reads: rings, what their members did together, and whether they wrote."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read

FINDINGS = """
SELECT finding_id, subject, status, claim, effect, statistic, p_value, q_value, n, measures,
       agents, resources, parameters, window_start, window_end
FROM findings
WHERE detector = 'collusion' AND status <> 'withdrawn'
  AND window_end > $start AND window_start < $end
ORDER BY coalesce(q_value, 0), effect DESC LIMIT 200
"""

JOINT = """
SELECT evidence.finding_id, events.at, events.agent, events.family, events.kind, events.action,
       events.resource, events.price
FROM evidence JOIN events ON events.id = evidence.event_id
WHERE evidence.finding_id IN (SELECT unnest($findings)) AND events.at >= $start AND events.at < $end
ORDER BY events.at LIMIT 20000
"""

MESSAGES = """
SELECT agent, recipient, count(*) AS messages
FROM message_sent
WHERE "at" >= $start AND "at" < $end
  AND list_contains($agents, agent) AND list_contains($agents, recipient)
GROUP BY agent, recipient
"""

ACTIVITY = """
SELECT "at", agent, resource, action, price
FROM events
WHERE "at" >= $start AND "at" < $end AND list_contains($agents, agent)
  AND list_contains($resources, resource)
  AND kind IN ('action_taken', 'bid_placed', 'state_changed')
ORDER BY "at" LIMIT 5000
"""


def findings(period: Period) -> pl.DataFrame:
    """Return the standing rings, the surest first."""
    return read(FINDINGS, start=period.start, end=period.end)


def joint(rings: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Return the actions that the rings' findings cite."""
    wanted = rings["finding_id"].to_list()
    start = min([period.start, *rings["window_start"].to_list()])
    return read(JOINT, findings=wanted, start=start, end=period.end)


def messages(agents: list[str], period: Period) -> pl.DataFrame:
    """Count the messages that members of a ring wrote to each other."""
    return read(MESSAGES, agents=agents, start=period.start, end=period.end)


def activity(ring: dict[str, Any]) -> pl.DataFrame:
    """Return what a ring's members did on its resources within its window."""
    return read(
        ACTIVITY,
        agents=list(ring["agents"]),
        resources=list(ring["resources"]),
        start=ring["window_start"],
        end=ring["window_end"],
    )


def bin_seconds(parameters: str | None) -> float:
    """Return how near two actions are to count as one moment: the detector's own parameter."""
    known = json.loads(parameters) if parameters else {}
    for name in ("bin", "bin_seconds", "bin_width"):
        if isinstance(known.get(name), int | float):
            return float(known[name])
    return 3_600.0


def pairs(joint: pl.DataFrame, seconds: float) -> pl.DataFrame:
    """Count, per ring, how often two agents acted on one resource in one bin of time.

    Parameters
    ----------
    joint : polars.DataFrame
        Columns ``finding_id, at, agent, resource``.
    seconds : float
        Width of a bin.

    Returns
    -------
    polars.DataFrame
        ``finding_id, agent, partner, together``, every pair once.
    """
    binned = joint.select(
        "finding_id", "agent", "resource", bin=(pl.col("at").dt.epoch("s") // seconds)
    ).unique()
    met = binned.join(binned, on=["finding_id", "resource", "bin"], suffix="_2", nulls_equal=True)
    return (
        met.filter(pl.col("agent") < pl.col("agent_2"))
        .group_by("finding_id", "agent", partner="agent_2")
        .agg(together=pl.len())
        .sort("finding_id", "agent", "partner")
    )


def footprints(activity: pl.DataFrame) -> pl.DataFrame:
    """Return each action on a ring's resources with who of the ring answers it, and how soon.

    An answer is the next action on the same resource by another member.

    Returns
    -------
    polars.DataFrame
        ``leader, follower, answers, median_seconds``, the most frequent first.
    """
    ordered = activity.sort("resource", "at").with_columns(
        follower=pl.col("agent").shift(-1).over("resource"),
        seconds=(pl.col("at").shift(-1).over("resource") - pl.col("at")).dt.total_milliseconds()
        / 1000,
    )
    return (
        ordered.filter(pl.col("follower").is_not_null() & (pl.col("follower") != pl.col("agent")))
        .group_by(leader="agent", follower="follower")
        .agg(answers=pl.len(), median_seconds=pl.col("seconds").median())
        .sort("answers", "leader", "follower", descending=[True, False, False])
    )
