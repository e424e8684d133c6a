"""How a market's cuts were answered, as SQL that anyone can run again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from commonmode.detectors.base import Window
from commonmode.detectors.collusion.market import Market
from commonmode.detectors.collusion.tiers.response import HORIZON
from commonmode.detectors.query import Parameter, Query
from commonmode.statistics.footprint_response import Rest

_POSTED = """\
WITH told AS (
  SELECT agent, floor((epoch_us("at") // $bin_us - $origin) / $step)::BIGINT AS t,
    epoch_us("at") // $bin_us AS bin, cost,
    CASE WHEN kind <> 'action_taken' THEN price END AS price,
  FROM events WHERE kind IN ('state_changed', 'bid_placed', 'action_taken') AND resource = $resource
    AND list_contains($agents, agent) AND "at" >= $start AND "at" < $end
    AND (kind <> 'bid_placed' OR context IS NULL)
    AND CASE WHEN kind = 'action_taken' THEN coalesce(cost, payoff) ELSE price END IS NOT NULL
), binned AS (
  SELECT agent, t, bin, min(price) AS price, min(cost) AS cost FROM told GROUP BY ALL
), posted AS (
  SELECT agent, t, arg_max(price, bin) AS price FROM binned
  WHERE isfinite(price) AND price > 0 GROUP BY ALL
), paid AS (
  SELECT agent, t, arg_max(cost, bin) AS cost FROM binned WHERE cost > 0 GROUP BY ALL
), grid AS (
  SELECT unnest(range($rounds)) AS t, agent FROM (SELECT unnest($agents) AS agent)
), stood AS (
  SELECT grid.t, grid.agent, ln(CASE WHEN $over_cost THEN price / cost ELSE price END) AS y
  FROM grid
  ASOF LEFT JOIN posted ON grid.agent = posted.agent AND grid.t >= posted.t
  ASOF LEFT JOIN paid ON grid.agent = paid.agent AND grid.t >= paid.t
)"""

_ANSWERED = """
, changed AS (
  SELECT *, y - lag(y, $cycle) OVER (PARTITION BY agent ORDER BY t) AS change FROM stood
), round AS (
  SELECT t, count(*) FILTER (abs(change) > $threshold) AS movers,
    min(agent) FILTER (abs(change) > $threshold) AS author,
    min(change) FILTER (abs(change) > $threshold) AS change,
  FROM changed GROUP BY t
), cut AS (
  SELECT t, author, change, movers FROM round
  WHERE t >= $cycle + $rest AND t < $rounds - $horizon
  QUALIFY sum(movers) OVER (ORDER BY t ROWS BETWEEN REST PRECEDING AND 1 PRECEDING) = 0
    AND movers = 1 AND change < 0
), ahead AS (
  SELECT h, h - $cycle * (h // $cycle + 1) AS usual, weight
  FROM (VALUES (1, 0.5), (2, 0.5), ($horizon - 1, -0.5), ($horizon, -0.5)) AS near(h, weight)
), answer AS (
  SELECT cut.t, later.agent, sum(weight * (before.y - later.y)) AS lower
  FROM cut CROSS JOIN ahead
  JOIN stood later ON later.t = cut.t + ahead.h AND later.agent <> cut.author
  JOIN stood before ON before.t = cut.t + ahead.usual AND before.agent = later.agent
  GROUP BY ALL
)
SELECT avg(lower) AS answer FROM answer"""

_EVENTS = """\
SELECT * FROM events
WHERE kind IN ('state_changed', 'bid_placed', 'action_taken') AND resource = $resource
  AND list_contains($agents, agent) AND "at" >= $start AND "at" < $end
  AND (kind <> 'bid_placed' OR context IS NULL) AND price IS NOT NULL
ORDER BY "at", id"""


def recompute(market: Market, rest: Rest, window: Window, width: timedelta) -> Query:
    """Return the statement whose one number is how promptly cuts are answered and forgiven."""
    text = _POSTED + _ANSWERED.replace("REST", str(rest.rounds))
    numbers: dict[str, Parameter] = {
        **_where(market, market.agents, window),
        "bin_us": width // timedelta(microseconds=1),
        "origin": market.origin,
        "step": market.step,
        "rounds": len(market.prices),
        "over_cost": market.cost is not None,
        "cycle": rest.cycle,
        "threshold": rest.threshold,
        "rest": rest.rounds,
        "horizon": HORIZON,
    }
    return Query(text, numbers)


def evidence(market: Market, members: Sequence[str], window: Window) -> Query:
    """Return the statement that selects the prices that members left."""
    return Query(_EVENTS, _where(market, members, window))


def _where(market: Market, agents: Sequence[str], window: Window) -> dict[str, Parameter]:
    return {
        "resource": market.resource,
        "agents": list(agents),
        "start": window.start,
        "end": window.end,
    }
