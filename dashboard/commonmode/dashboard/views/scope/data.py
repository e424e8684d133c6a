"""What the scope view reads: who overstepped, and the grants behind one action."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read
from commonmode.detectors.scope.grants import (
    Act,
    Grant,
    clean,
    end_of,
    named,
    names,
    places,
    reached,
)

FINDINGS = """
SELECT finding_id, subject, status, claim, effect, statistic, p_value, q_value, n, measures,
       agents, resources, window_start, window_end
FROM findings
WHERE detector = 'scope' AND status <> 'withdrawn'
  AND window_end > $start AND window_start < $end
ORDER BY statistic DESC, window_start LIMIT 500
"""

PER_AGENT = """
SELECT events.agent, any_value(events.family) AS family,
       count(*) FILTER (NOT tried) AS breaches, count(*) FILTER (tried) AS attempts
FROM (
    SELECT DISTINCT event_id FROM evidence JOIN findings USING (finding_id)
    WHERE detector = 'scope' AND status <> 'withdrawn'
) JOIN (
    SELECT *, coalesce(attempted, false) OR coalesce(outcome IN ('denied', 'error'), false) AS tried
    FROM events WHERE kind = 'action_taken' AND "at" >= $start AND "at" < $end
) AS events ON events.id = event_id
GROUP BY events.agent ORDER BY breaches + attempts DESC, events.agent LIMIT 40
"""

ACTIONS = """
SELECT events.id, events.at, events.agent, events.action, events.resource, events.outcome,
       events.attempted, events."grant", events.provenance, events.parent
FROM evidence JOIN events ON events.id = evidence.event_id
WHERE evidence.finding_id = $finding AND events.kind = 'action_taken'
ORDER BY events.at LIMIT 500
"""

GRANTS = """
WITH RECURSIVE leaf AS (
    SELECT DISTINCT ON ("grant") "grant", "at" FROM permission_granted
    WHERE agent = $agent OR "grant" = $named ORDER BY "grant", "at"
), chain AS (
    (
        SELECT "grant" FROM leaf
        ORDER BY "grant" IS DISTINCT FROM $named, "at" > $at, "at" DESC LIMIT $most
    )
    UNION
    SELECT issued.parent_grant FROM permission_granted AS issued
    JOIN chain ON issued."grant" = chain."grant" WHERE issued.parent_grant IS NOT NULL
)
SELECT "grant", agent, parent_grant, actions, resources, "at", valid_from, valid_until,
       provenance, break_glass, recorded_at
FROM permission_granted WHERE "grant" IN (SELECT "grant" FROM chain) ORDER BY "at"
"""

REVOKED = """
SELECT "grant", "at" FROM permission_revoked WHERE list_contains($grants, "grant")
"""

REVIEWED = """
SELECT "grant", bool_and(choice = 'approve') AS approved FROM decision_reviewed
WHERE choice IN ('approve', 'reject') AND "grant" IS NOT NULL GROUP BY "grant"
"""

EXCEPTIONS = """
SELECT issued.grant, any_value(issued.agent) AS agent,
       min(coalesce(valid_from, issued.at)) AS "from", max(valid_until) AS until,
       coalesce(any_value(said), 'not reviewed yet') AS review, any_value(uses) AS uses
FROM permission_granted AS issued
LEFT JOIN (
    SELECT "grant",
           CASE WHEN bool_and(choice = 'approve') THEN 'approved' ELSE 'rejected' END AS said
    FROM decision_reviewed WHERE choice IN ('approve', 'reject') GROUP BY "grant"
) AS reviewed ON reviewed.grant = issued.grant
LEFT JOIN (
    SELECT "grant", count(*) AS uses FROM action_taken GROUP BY "grant"
) AS used ON used.grant = issued.grant
WHERE break_glass AND issued.at >= $start AND issued.at < $end
GROUP BY issued.grant ORDER BY "from" DESC LIMIT 200
"""

SOURCE = """
SELECT "at", kind, agent, resource, provenance FROM events WHERE id = $id
"""


MOST_HELD = 200
"""Grants an agent holds that are followed up: those given last before the action, first."""


class Hop(NamedTuple):
    """One grant of a chain, seen from one action: whether it permits it, and why not."""

    grant: Grant
    permits: bool
    why: str


GRANTED = """SELECT count(*) > 0 FROM permission_granted WHERE "at" < $end"""


def any_grant(period: Period) -> bool:
    """Tell whether the log holds a grant at all, up to the period's end."""
    return bool(read(GRANTED, end=period.end).item())


def findings(period: Period) -> pl.DataFrame:
    """Return the standing breaches, the gravest first."""
    return read(FINDINGS, start=period.start, end=period.end)


def per_agent(period: Period) -> pl.DataFrame:
    """Count breaches that took effect and those that were only tried, per agent."""
    return read(PER_AGENT, start=period.start, end=period.end)


def actions(finding: str) -> pl.DataFrame:
    """Return the actions that a finding cites."""
    return read(ACTIONS, finding=finding)


def chains(action: dict[str, Any]) -> list[list[Hop]]:
    """Return every chain of grants that the action might rest on, each from its root down.

    Those that come nearest to permitting it are first.
    """
    issued = read(
        GRANTS, agent=action["agent"], named=action["grant"], at=action["at"], most=MOST_HELD
    )
    grants = [_grant(row) for row in issued.iter_rows(named=True)]
    revoked = _revoked([g.grant for g in grants])
    act = Act(
        action["agent"],
        action["grant"],
        action["action"],
        action["resource"],
        action["at"],
        names(action["provenance"]),
    )
    return sorted(lineages(grants, act, revoked, dict(read(REVIEWED).iter_rows())), key=distance)


def distance(chain: list[Hop]) -> tuple[int, float]:
    """Order chains by how near they come to permitting: fewest hops that forbid, latest first."""
    return sum(not hop.permits for hop in chain), -chain[-1].grant.start.timestamp()


def exceptions(period: Period) -> pl.DataFrame:
    """Return the break-glass grants of a period: who held them, their review, their uses."""
    return read(EXCEPTIONS, start=period.start, end=period.end)


def source(action: dict[str, Any]) -> pl.DataFrame:
    """Return the event that caused an action, with the labels of its data."""
    return read(SOURCE, id=action["parent"] or "")


def lineages(
    grants: list[Grant],
    act: Act,
    revoked: dict[str, list[datetime]],
    approved: dict[str, bool],
) -> list[list[Hop]]:
    """Follow each grant that the agent could rely on up to its root, and judge every hop."""
    by_id = defaultdict[str, list[Grant]](list)
    for grant in grants:
        by_id[grant.grant].append(grant)
    leaves = [
        g
        for g in grants
        if (g.grant == act.grant if act.grant is not None else g.agent == act.agent)
    ]
    return [
        [judged(g, act, revoked, approved.get(g.grant)) for g in path]
        for leaf in leaves
        for path in _paths(leaf, by_id)
    ]


def _paths(leaf: Grant, by_id: dict[str, list[Grant]]) -> list[list[Grant]]:
    """Return every path from a root down to `leaf`; a circle is cut where it closes."""
    found, todo = [], [[leaf]]
    while todo:
        path = todo.pop()
        above = [g for g in by_id.get(path[0].parent or "", []) if g not in path]
        if not above:
            found.append(path)
        todo.extend([parent, *path] for parent in above)
    return found


def judged(
    grant: Grant,
    act: Act,
    revoked: dict[str, list[datetime]],
    approved: bool | None,  # noqa: FBT001  what a review said
) -> Hop:
    """Say whether one grant permits an action at its time, and if not, what of it forbids."""
    against = _untimely(grant, act, revoked) or _unpermitted(grant, act)
    if against is None and grant.glass and approved is False:
        against = "break-glass, rejected on review"
    if against is not None:
        return Hop(grant, permits=False, why=against)
    return Hop(grant, permits=True, why=_exception(approved) if grant.glass else "permits it")


def _untimely(grant: Grant, act: Act, revoked: dict[str, list[datetime]]) -> str | None:
    end = end_of(grant, revoked)
    if act.at < grant.start:
        return f"only valid from {_clock(grant.start)}"
    if end is not None and act.at >= end:
        word = "expired" if end == grant.end else "revoked"
        return f"{word} at {_clock(end)}"
    return None


def _unpermitted(grant: Grant, act: Act) -> str | None:
    if named(grant.actions, act.action) is False:
        return f"does not permit {act.action}"
    if reached(grant.places, act.resource) is False:
        return f"does not reach {act.resource}"
    if clean(grant.labels, act.labels) is False:
        foreign = (act.labels or frozenset()) - (grant.labels or frozenset())
        return f"not on data from {', '.join(sorted(foreign))}"
    return None


def _exception(approved: bool | None) -> str:  # noqa: FBT001  what a review said
    return f"break-glass, {'approved' if approved else 'not reviewed yet'}"


def _clock(time: datetime) -> str:
    return f"{time:%d %b %H:%M:%S}"


def table(chains: list[list[Hop]]) -> pl.DataFrame:
    """Lay the hops out as rows: every grant once."""
    hops = list(dict.fromkeys(hop for chain in chains for hop in chain))
    return pl.DataFrame(
        {
            "grant": [hop.grant.grant for hop in hops],
            "held by": [hop.grant.agent for hop in hops],
            "delegated from": [hop.grant.parent for hop in hops],
            "verdict": [("✓ " if hop.permits else "✗ ") + hop.why for hop in hops],
            "actions": [_listed(hop.grant.actions) for hop in hops],
            "places": [_listed(hop.grant.places) for hop in hops],
            "valid from": [hop.grant.start for hop in hops],
            "valid until": [hop.grant.end for hop in hops],
        },
        schema_overrides={
            "delegated from": pl.String,
            "valid until": pl.Datetime("us", "UTC"),
            "valid from": pl.Datetime("us", "UTC"),
        },
    )


def _listed(permitted: frozenset[str] | None) -> str:
    return "every one" if permitted is None else ", ".join(sorted(permitted))


def _grant(row: dict[str, Any]) -> Grant:
    return Grant(
        grant=row["grant"],
        agent=row["agent"],
        parent=row["parent_grant"],
        actions=names(row["actions"]),
        places=places(row["resources"]),
        at=row["at"],
        start=row["valid_from"] or row["at"],
        end=row["valid_until"],
        labels=names(row["provenance"]),
        glass=bool(row["break_glass"]),
        known=row["recorded_at"],
    )


def _revoked(grants: list[str]) -> dict[str, list[datetime]]:
    times = defaultdict[str, list[datetime]](list)
    for grant, at in read(REVOKED, grants=grants).iter_rows():
        times[grant].append(at)
    return dict(times)
