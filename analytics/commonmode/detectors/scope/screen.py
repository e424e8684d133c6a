"""Screening: plain permissions settle most actions of a log, before any of them is read."""

from __future__ import annotations

import polars as pl

from commonmode.detectors.query import Query
from commonmode.detectors.scope.uncovered import Uncovered
from commonmode.detectors.screen import Doubting, Screen
from commonmode.events import digest

MOST_LINKS = 16
"""Links of a chain that are followed; what rests on a longer one is judged."""

_BELOW = "starts_with(path, above || '/') AND NOT contains(path, '..')"
_GIVEN = f"""\
given AS MATERIALIZED (  -- as numbers, as far as it goes: they are compared faster than texts
  SELECT grant_digest, agent_digest, {digest("parent_grant")} AS parent,
    list_transform(actions, lambda action: hash(action)) AS actions,
    provenance AS labels, valid_until, "at",
    list_transform(resources, lambda path: rtrim(path, '/')) AS places,
    coalesce(valid_from, "at") AS starts,
    greatest(coalesce(valid_from, "at"), coalesce(recorded_at, "at")) AS begins
  FROM events WHERE kind = 'permission_granted' {{and_such}}
)"""  # noqa: S608  constants only

_NARROWED = f"""\
c.grant_digest, c.agent_digest, c.parent,
    CASE WHEN c.actions IS NULL OR c.actions = p.actions THEN p.actions
      WHEN p.actions IS NULL THEN c.actions
      ELSE list_intersect(c.actions, p.actions) END AS actions,
    CASE WHEN c.places IS NULL OR c.places = p.places THEN p.places
      WHEN p.places IS NULL THEN c.places
      ELSE list_concat(
        list_filter(c.places, lambda path: len(list_filter(p.places, lambda above:
          path = above OR ({_BELOW}))) > 0),
        list_filter(p.places, lambda path: len(list_filter(c.places, lambda above:
          {_BELOW})) > 0)) END AS places,
    CASE WHEN c.labels IS NULL OR c.labels = p.labels THEN p.labels
      WHEN p.labels IS NULL THEN c.labels ELSE list_intersect(c.labels, p.labels) END AS labels,
    greatest(c.begins, p.begins) AS begins, least(c.ends, p.ends) AS ends"""
"""What a link leaves of the chain above it."""
_FOLLOWS = """\
c.parent = p.grant_digest
    AND coalesce(greatest(c.begins, p.begins) < least(c.ends, p.ends), true)"""

_PLAIN = f"""\
WITH RECURSIVE
{_GIVEN.format(and_such="AND NOT coalesce(break_glass, false)")},
cuts AS (  -- a revocation ends what was granted before it, and what was delegated from that
  SELECT g.name, g.at, min(r.at) AS cut
  FROM (
    SELECT grant_digest AS name, "at" FROM given
    UNION ALL SELECT parent, "at" FROM given
  ) g
  JOIN events r ON r.kind = 'permission_revoked' AND r.grant_digest = g.name AND r.at > g.at
  GROUP BY ALL
),
links AS NOT MATERIALIZED (
  SELECT g.grant_digest, g.agent_digest, g.parent, g.actions, g.places, g.labels, g.begins,
    least(g.valid_until, own.cut, above.cut_above) AS ends
  FROM given g
  LEFT JOIN cuts own ON own.name = g.grant_digest AND own.at = g.at
  LEFT JOIN (SELECT name, "at", cut AS cut_above FROM cuts) above
    ON above.name = g.parent AND above.at = g.at
),
upper AS MATERIALIZED (  -- most grants are nobody's parent, so no chain is followed through them
  FROM links WHERE grant_digest IN (SELECT parent FROM given)
),
chains AS (  -- from the root down
  SELECT *, 1 AS depth FROM upper WHERE parent IS NULL
  UNION ALL
  SELECT {_NARROWED}, p.depth + 1
  FROM upper c JOIN chains p ON {_FOLLOWS} AND p.depth < $most_links
),
scopes AS (  -- a root has nothing above it that could narrow it
  SELECT {_NARROWED} FROM links c LEFT JOIN chains p ON {_FOLLOWS}
  WHERE c.parent IS NULL OR p.grant_digest IS NOT NULL
)
SELECT grant_digest, agent_digest, begins, ends, actions,
  unnest(coalesce(places, [NULL])) AS place
FROM scopes WHERE labels IS NULL
"""  # noqa: S608  constants only


_ASKED = """\
SELECT agent_digest, grant_digest, hash(action) AS action, "at", resource
FROM events WHERE kind = 'action_taken' AND {where}"""

_WIDER = f"""\
WITH
{_GIVEN.format(and_such="")},
delegated AS NOT MATERIALIZED (
  SELECT * REPLACE (greatest(starts, "at") AS "at") FROM given WHERE parent IS NOT NULL
),
parents AS (
  FROM given WHERE grant_digest IN (SELECT parent FROM delegated)
)
SELECT agent_digest, "at" AS first, "at" AS last
FROM (FROM delegated WHERE {{where}}) c ANTI JOIN parents p
ON c.parent = p.grant_digest AND p.starts <= c.at
AND (c.actions IS NULL OR p.actions IS NULL OR list_has_all(p.actions, c.actions))
AND (c.labels IS NULL OR p.labels IS NULL OR list_has_all(p.labels, c.labels))
AND (c.places IS NULL OR p.places IS NULL OR c.places = p.places
  OR len(list_filter(c.places, lambda path: len(list_filter(p.places, lambda above:
    path = above OR ({_BELOW}))) = 0)) = 0)"""  # noqa: S608  constants only

_RELATED = f"""\
grant_digest IN (
  WITH RECURSIVE {{acting}}
  given AS MATERIALIZED (
    SELECT grant_digest, agent_digest, {digest("parent_grant")} AS parent,
      greatest("at", valid_from) AS "at"
    FROM events WHERE kind = 'permission_granted'
  ),
  lineage AS (
    (
      SELECT grant_digest FROM ({{named}})
      UNION ALL
      SELECT grant_digest FROM given WHERE agent_digest IN ({{holders}})
      UNION ALL
      SELECT grant_digest FROM given WHERE parent IS NOT NULL AND {{where}} AND {{some}}
    )
    UNION
    SELECT c.parent FROM given c JOIN lineage l USING (grant_digest) WHERE c.parent IS NOT NULL
  )
  SELECT unnest(list(grant_digest)) FROM lineage  -- DuckDB takes one list for small
)"""  # noqa: S608  constants only
_ACTING = """
  acting AS MATERIALIZED (
    SELECT DISTINCT agent_digest, grant_digest FROM events WHERE kind = 'action_taken' AND {where}
  ),"""


class PlainPermissions(Screen):
    """Passes over what plain permissions settle, and grants that plainly stay within another.

    A plain permission is a chain of grants that were all seen, up to the root, and are no
    exceptions. An action that one covers, and that was written down by then, is permitted whatever
    else is known, now and then: a grant that comes late, a review or another grant's end change
    nothing about it. A grant that plainly stays within one of its parent's is no escalation,
    whatever others say.
    """

    def plain(self) -> Query:
        """Return the query for plain permissions, a row for each place."""
        return Query(_PLAIN, {"most_links": MOST_LINKS})

    def asked(self, where: Query) -> Query:
        """Return the query for what agents asked of grants, action by action."""
        return Query(_ASKED.format(where=where.text), where.parameters)

    def doubting(self, plain: pl.DataFrame) -> Doubting:
        """Return what names the agents, and the times, of actions no plain permission covers."""
        return Uncovered(plain)

    def apart(self, where: Query) -> Query:
        """Return the query for grants that do not plainly stay within one of their parent's."""
        return Query(_WIDER.format(where=where.text), where.parameters)


def related(where: Query, doubted: pl.DataFrame | None) -> Query:
    """Return the condition for all that is known of the grants that matter to some windows.

    They are those of the agents that act there, those that these name, those that are given there,
    and all that any of them was delegated from. A grant that a settled action names is its agent's.
    """
    if doubted is None:
        whose = "SELECT agent_digest FROM acting"
        text = _RELATED.format(
            acting=_ACTING.format(where=where.text),
            where=where.text,
            some="true",
            holders=whose,
            named="SELECT grant_digest FROM acting WHERE grant_digest IS NOT NULL",
        )
        return Query(text, where.parameters)
    whose = "SELECT unnest($agents::UBIGINT[])"
    text = _RELATED.format(
        acting="",
        where=where.text,
        some=f"agent_digest IN ({whose})",
        holders=whose,
        named="SELECT unnest($grants::UBIGINT[]) AS grant_digest",
    )
    agents, grants = (
        doubted[name].drop_nulls().unique().to_list() for name in ("agent_digest", "grant_digest")
    )
    return Query(text, {**where.parameters, "agents": agents, "grants": grants})
