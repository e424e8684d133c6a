"""What a monoculture finding rests on, as SQL that anyone can run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from commonmode.detectors.base import Window
from commonmode.detectors.query import Query


class Sample(NamedTuple):
    """Which votes of a window were kept.

    Attributes
    ----------
    last_context : int or None
        The largest digest of a context; None: every context.
    seats : int or None
        Agents of one context; None: all.
    """

    last_context: int | None = None
    seats: int | None = None


EVERY_VOTE = Sample()

_KAPPA = """\
WITH said AS (
  SELECT context, agent, agent_digest, "at", id, coalesce(choice, action) AS choice,
         coalesce(family, model) AS family, operator, role
  FROM events
  WHERE kind = 'action_taken' AND "at" >= $start AND "at" < $end
    AND context IS NOT NULL AND coalesce(choice, action) IS NOT NULL{sampled}
), first_said AS (
  SELECT * FROM said
  QUALIFY row_number() OVER (PARTITION BY context, agent ORDER BY "at", id) = 1
){seated}, vote AS (
  SELECT context, choice, min(family) OVER of_agent AS family,
         coalesce(min(role) OVER of_agent, '') AS role,
         coalesce('operator ' || min(operator) OVER of_agent, 'agent ' || agent) AS operator
  FROM {voting} WINDOW of_agent AS (PARTITION BY agent)
), cell AS (
  SELECT context, role, family, operator, choice, count(*) AS n
  FROM vote WHERE family IS NOT NULL GROUP BY ALL
), family_choice AS (
  SELECT context, role, family, choice, sum(n) AS n, sum(n * n) AS own FROM cell GROUP BY ALL
), family_agreeing AS (
  SELECT context, role, family, sum(n) AS votes, sum(n * n - own) AS agreeing
  FROM family_choice GROUP BY ALL
), family_operator AS (
  SELECT context, role, family, operator, sum(n) AS n FROM cell GROUP BY ALL
), family_pairs AS (
  SELECT context, role, family, sum(n) ** 2 - sum(n * n) AS pairs FROM family_operator GROUP BY ALL
), within AS (
  SELECT * FROM family_agreeing JOIN family_pairs USING (context, role, family)
), choice_operator AS (
  SELECT context, role, choice, operator, sum(n) AS n FROM cell GROUP BY ALL
), by_choice AS (
  SELECT context, role, choice, sum(n) AS n, sum(n * n) AS own FROM choice_operator GROUP BY ALL
), everyone_agreeing AS (
  SELECT context, role, sum(n * n - own) AS agreeing FROM by_choice GROUP BY ALL
), by_operator AS (
  SELECT context, role, operator, sum(n) AS n FROM cell GROUP BY ALL
), everyone_pairs AS (
  SELECT context, role, sum(n) ** 2 - sum(n * n) AS pairs FROM by_operator GROUP BY ALL
), within_any AS (
  SELECT context, role, sum(agreeing) AS agreeing, sum(pairs) AS pairs FROM within GROUP BY ALL
), between_families AS (
  SELECT context, role, e.agreeing - w.agreeing AS agreeing, p.pairs - w.pairs AS pairs
  FROM everyone_agreeing e JOIN everyone_pairs p USING (context, role)
  JOIN within_any w USING (context, role)
), contrast AS (
  SELECT least(w.votes, $weight_cap) AS weight, w.agreeing / w.pairs AS inside,
         b.agreeing / b.pairs AS across
  FROM within w JOIN between_families b USING (context, role)
  WHERE family = $family AND w.pairs > 0 AND b.pairs > 0
)
SELECT sum(weight * (inside - across)) / sum(weight * (1 - across)) AS kappa FROM contrast"""

_SAMPLED = """
    AND context_digest <= $last_context"""

_SEATED = """, seated AS (
  SELECT * FROM first_said
  QUALIFY row_number() OVER (PARTITION BY context ORDER BY agent_digest, agent) <= $seats
)"""

_VOTES = """\
SELECT * FROM events
WHERE kind = 'action_taken' AND "at" >= $start AND "at" < $end
  AND context IS NOT NULL AND coalesce(choice, action) IS NOT NULL
  AND agent_digest IN (SELECT md5_number_lower(unnest($agents::VARCHAR[])))
ORDER BY "at", id"""


def recompute(family: str, window: Window, weight_cap: float, sample: Sample = EVERY_VOTE) -> Query:
    """Return the statement whose one number is κ of the family."""
    chosen = {name: value for name, value in sample._asdict().items() if value is not None}
    text = _KAPPA.format(
        sampled=_SAMPLED if "last_context" in chosen else "",
        seated=_SEATED if "seats" in chosen else "",
        voting="seated" if "seats" in chosen else "first_said",
    )
    place = {"start": window.start, "end": window.end}
    return Query(text, {**place, "family": family, "weight_cap": weight_cap, **chosen})


def evidence(agents: Sequence[str], window: Window) -> Query:
    """Return the statement that selects the votes of the agents named."""
    return Query(_VOTES, {"start": window.start, "end": window.end, "agents": list(agents)})
