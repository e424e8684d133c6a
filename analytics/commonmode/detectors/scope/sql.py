"""The same rules as plain SQL, so that anyone can run a finding again by hand.

Each statement takes a list of agents or of grants: of one when a finding is proved again, of all
that are found in a window when their evidence is fetched.
"""

from __future__ import annotations

from commonmode.detectors.base import Window
from commonmode.detectors.query import Query

_ISSUED = """\
WITH RECURSIVE
issued AS MATERIALIZED (  -- every grant that starts before the window ends, read once
  SELECT id, "at", agent, "grant", parent_grant, actions, resources, provenance, break_glass,
    valid_until, coalesce(valid_from, "at") AS begins
  FROM events
  WHERE kind = 'permission_granted' AND coalesce(valid_from, "at") < $until
),
"""

_BREACHING = """\
lineage(holder, name) AS (  -- the grants of each agent and all they were delegated from
  SELECT agent, "grant" FROM issued WHERE agent IN (SELECT unnest($agents))
  UNION
  SELECT holder, parent_grant FROM issued JOIN lineage ON "grant" = name
  WHERE parent_grant IS NOT NULL
),
traced AS (
  SELECT * FROM issued WHERE "grant" IN (SELECT name FROM lineage)
),
ended AS (  -- a revocation ends what was granted before it, and what was delegated from that
  SELECT g.id, min(r.at) AS at
  FROM (
    SELECT id, "at", "grant" AS name FROM traced
    UNION ALL SELECT id, "at", parent_grant FROM traced
  ) g
  JOIN events r ON r.kind = 'permission_revoked' AND r."grant" = g.name AND r.at > g.at
  GROUP BY g.id
),
rejected AS (  -- an exception is reviewed a day after its use at the latest
  SELECT "grant" FROM events
  WHERE kind = 'decision_reviewed' AND choice = 'reject' AND "at" < $until + INTERVAL 1 DAY
    AND "grant" IS NOT NULL
),
grants AS (
  SELECT g."grant", g.agent, g.parent_grant, g.actions, g.resources, g.provenance, g.begins,
    least(g.valid_until, ended.at) AS stop
  FROM traced g LEFT JOIN ended USING (id)
  WHERE NOT (coalesce(g.break_glass, false) AND g."grant" IN (FROM rejected))
),
links AS MATERIALIZED (  -- else DuckDB joins all grants and all actions by time first
  SELECT l.holder, g.* FROM lineage l JOIN grants g ON g."grant" = l.name
),
acts AS (
  SELECT id, agent, "grant", action, resource, provenance, "at",
    list_contains(string_split(resource, '/'), '..') AS climbs
  FROM events
  WHERE kind = 'action_taken' AND agent IN (SELECT unnest($agents))
    AND "at" >= $since AND "at" < $until
),
covered AS (  -- links that do not forbid the action
  SELECT a.id, g."grant", g.parent_grant,
    g.agent = a.agent AND coalesce(a."grant" = g."grant", true) AS held
  FROM acts a JOIN links g
  ON g.holder = a.agent AND g.begins <= a.at AND (g.stop IS NULL OR a.at < g.stop)
  AND (g.actions IS NULL OR a.action IS NULL OR list_contains(g.actions, a.action))
  AND (g.provenance IS NULL OR a.provenance IS NULL OR list_has_all(g.provenance, a.provenance))
  AND (g.resources IS NULL OR a.resource IS NULL
    OR len(list_filter(g.resources, lambda p: rtrim(a.resource, '/') = rtrim(p, '/')
      OR (starts_with(a.resource, rtrim(p, '/') || '/') AND NOT a.climbs))) > 0)
),
chain(id, up) AS (  -- from the grant that the agent held, link by link, up to the root
  SELECT id, parent_grant FROM covered WHERE held
  UNION
  SELECT c.id, c.parent_grant FROM chain JOIN covered c ON c.id = chain.id AND c."grant" = chain.up
),
breaching AS (  -- the log knows of a grant, and no chain reaches a root or leaves the log
  SELECT id FROM acts
  WHERE CASE WHEN "grant" IS NULL THEN agent IN (SELECT agent FROM issued)
    ELSE "grant" IN (SELECT "grant" FROM issued) END
  AND id NOT IN (SELECT id FROM chain WHERE up IS NULL OR up NOT IN (SELECT "grant" FROM issued))
)
"""

_BEYOND = """\
child AS (
  SELECT id, parent_grant, actions, provenance,
    list_transform(resources, lambda path: rtrim(path, '/')) AS places
  FROM issued
  WHERE "grant" IN (SELECT unnest($grants))
    AND greatest("at", begins) >= $since AND greatest("at", begins) < $until
),
parent AS (
  SELECT "grant", actions, provenance,
    list_transform(resources, lambda path: rtrim(path, '/')) AS places
  FROM issued WHERE "grant" IN (SELECT parent_grant FROM child)
),
beyond AS (  -- it names what no grant of its parent does
  SELECT c.id FROM child c WHERE c.parent_grant IN (SELECT "grant" FROM parent)
  AND NOT EXISTS (FROM parent p WHERE p."grant" = c.parent_grant
    AND (c.actions IS NULL OR p.actions IS NULL OR list_has_all(p.actions, c.actions))
    AND (c.provenance IS NULL OR p.provenance IS NULL OR list_has_all(p.provenance, c.provenance))
    AND (c.places IS NULL OR p.places IS NULL OR len(list_filter(c.places, lambda path: NOT
      list_bool_or(list_append(list_transform(p.places, lambda above: path = above
        OR (starts_with(path, above || '/') AND NOT list_contains(string_split(path, '/'), '..'))),
        false)))) = 0))
)
"""

_EVIDENCE = """\
SELECT * FROM events
WHERE kind = 'action_taken' AND "at" >= $since AND "at" < $until AND id IN (FROM breaching)
ORDER BY "at", id"""
_RECOMPUTE = "SELECT count(*) FROM breaching"

_EDGE_EVIDENCE = """\
SELECT * FROM events
WHERE kind = 'permission_granted' AND id IN (FROM beyond)
ORDER BY "at", id"""
_EDGE_RECOMPUTE = "SELECT CAST(count(*) > 0 AS INTEGER) FROM beyond"


def evidence(agent: str, window: Window) -> Query:
    """Select the actions of an agent that breached its scope in a window."""
    return _of("agents", agent, window, _BREACHING + _EVIDENCE)


def recompute(agent: str, window: Window) -> Query:
    """Count the actions of an agent that breached its scope in a window."""
    return _of("agents", agent, window, _BREACHING + _RECOMPUTE)


def edge_evidence(grant: str, window: Window) -> Query:
    """Select the events that gave a grant which names more than its parent."""
    return _of("grants", grant, window, _BEYOND + _EDGE_EVIDENCE)


def edge_recompute(grant: str, window: Window) -> Query:
    """Tell, as 1 or 0, whether a grant given in a window names more than its parent."""
    return _of("grants", grant, window, _BEYOND + _EDGE_RECOMPUTE)


def _of(whose: str, name: str, window: Window, text: str) -> Query:
    return Query(_ISSUED + text, {whose: [name], "since": window.start, "until": window.end})
