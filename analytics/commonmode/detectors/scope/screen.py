"""Screening: plain permissions settle most actions of a log, in the store, without reading them."""

from __future__ import annotations

from commonmode.detectors.query import Query

MOST_EACH = 8
"""Permissions of one agent or grant that are looked at; where there are more, all is judged."""

_PERMISSIONS = """\
WITH RECURSIVE
issued AS (  -- every grant that is no exception; it says nothing of before it was written down
  SELECT "grant", agent, parent_grant, actions, provenance AS labels, valid_until, "at",
    list_transform(resources, lambda path: rtrim(path, '/')) AS places,
    greatest(coalesce(valid_from, "at"), coalesce(recorded_at, "at")) AS begins
  FROM events WHERE kind = 'permission_granted' AND NOT coalesce(break_glass, false)
),
ended AS (  -- a revocation ends what was granted before it, and what was delegated from that
  SELECT g.name, g.at, min(r.at) AS cut
  FROM (
    SELECT "grant" AS name, "at" FROM issued
    UNION ALL SELECT parent_grant, "at" FROM issued
  ) g
  JOIN events r ON r.kind = 'permission_revoked' AND r."grant" = g.name AND r.at > g.at
  GROUP BY ALL
),
links AS (
  SELECT g."grant", g.agent, g.parent_grant, g.actions, g.places, g.labels, g.begins,
    least(g.valid_until, own.cut, above.cut) AS ends
  FROM issued g
  LEFT JOIN ended own ON own.name = g."grant" AND own.at = g.at
  LEFT JOIN ended above ON above.name = g.parent_grant AND above.at = g.at
),
chains AS (  -- from the root down: what each link leaves of what is above it
  SELECT "grant", agent, actions, places, labels, begins, ends
  FROM links WHERE parent_grant IS NULL
  UNION
  SELECT c."grant", c.agent,
    CASE WHEN c.actions IS NULL THEN p.actions WHEN p.actions IS NULL THEN c.actions
      ELSE list_intersect(c.actions, p.actions) END,
    CASE WHEN c.places IS NULL OR c.places = p.places THEN p.places
      WHEN p.places IS NULL THEN c.places
      ELSE list_concat(
        list_filter(c.places, lambda path: len(list_filter(p.places, lambda above:
          path = above OR (starts_with(path, above || '/') AND NOT contains(path, '..')))) > 0),
        list_filter(p.places, lambda path: len(list_filter(c.places, lambda above:
          starts_with(path, above || '/') AND NOT contains(path, '..'))) > 0)) END,
    CASE WHEN c.labels IS NULL THEN p.labels WHEN p.labels IS NULL THEN c.labels
      ELSE list_intersect(c.labels, p.labels) END,
    greatest(c.begins, p.begins), least(c.ends, p.ends)
  FROM links c JOIN chains p ON c.parent_grant = p."grant"
  WHERE coalesce(greatest(c.begins, p.begins) < least(c.ends, p.ends), true)
),
"""

_DOUBTED = """\
acts AS (
  SELECT agent, "grant", action, resource, provenance, "at"
  FROM events WHERE kind = 'action_taken' AND {where}
),
held AS (  -- a row for each place: none where a chain permits nothing
  SELECT * EXCLUDE (places),
    unnest(CASE WHEN places IS NULL THEN [NULL]::VARCHAR[] ELSE places END) AS place
  FROM chains
),
permissions AS (  -- who names no grant may rely on any
  SELECT * FROM held
  UNION ALL
  SELECT * REPLACE (NULL AS "grant") FROM held
  WHERE agent IN (SELECT agent FROM acts WHERE "grant" IS NULL)
),
crowded AS (
  SELECT agent, "grant" FROM permissions GROUP BY ALL HAVING count(*) > $most_each
),
few AS (  -- listed, as DuckDB takes what it knows of one list for small, and hashes no actions
  SELECT unnest(list({{'agent': p.agent, 'grant': p."grant", 'actions': actions, 'place': place,
    'above': place || '/', 'labels': labels, 'begins': begins, 'ends': ends}}), max_depth := 2)
  FROM permissions p ANTI JOIN crowded c
  ON p.agent = c.agent AND p."grant" IS NOT DISTINCT FROM c."grant"
)
SELECT agent, "at" FROM acts a ANTI JOIN few p
ON a.agent = p.agent AND a."grant" IS NOT DISTINCT FROM p."grant"
AND a.at >= p.begins AND (p.ends IS NULL OR a.at < p.ends)
AND (p.actions IS NULL OR list_contains(p.actions, a.action))
AND (p.place IS NULL OR a.resource = p.place
  OR (starts_with(a.resource, p.above) AND NOT contains(a.resource, '..')))
AND (p.labels IS NULL OR list_has_all(p.labels, a.provenance))"""


def doubted(where: Query) -> Query:
    """Return the query for the actions of some that no plain permission settles.

    A plain permission is a chain of grants that were all seen, up to the root, and are no
    exceptions. An action that one covers, and that was written down by then, is permitted whatever
    else is known, now and then: a grant that comes late, a review or another grant's end change
    nothing about it.
    """
    text = _PERMISSIONS + _DOUBTED.format(where=where.text)
    return Query(text, {**where.parameters, "most_each": MOST_EACH})
