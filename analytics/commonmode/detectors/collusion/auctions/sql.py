"""What a finding about bidders who take turns rests on, as SQL that anyone can run again."""

from __future__ import annotations

from collections.abc import Sequence

from commonmode.detectors.base import Window
from commonmode.detectors.collusion.auctions.book import Book
from commonmode.detectors.collusion.auctions.turns import LEAST_WINS
from commonmode.detectors.query import Parameter, Query
from commonmode.statistics.rotation import BLOCK

_CONTESTS = """\
WITH bid AS (
  SELECT context AS auction, agent, min(resource) AS resource, min("at") AS "at",
    min(price) AS lowest, max(price) AS highest,
  FROM events WHERE kind = 'bid_placed' AND context IS NOT NULL AND isfinite(price) AND price > 0
    AND "at" >= $start AND "at" < $end GROUP BY ALL
), said AS (
  SELECT context AS auction, min(winner) AS winner FROM events
  WHERE kind = 'auction_cleared' AND context IS NOT NULL AND winner IS NOT NULL
    AND "at" >= $start AND "at" < $end GROUP BY ALL
), asked AS (
  SELECT bid.auction, agent, winner, min("at") OVER one AS opened, count(*) OVER one AS came,
    CASE WHEN list_contains($highest::VARCHAR[], min(resource) OVER one)
      THEN 1 / highest ELSE lowest END AS b,
  FROM bid LEFT JOIN said ON bid.auction = said.auction WINDOW one AS (PARTITION BY bid.auction)
), ranked AS (
  SELECT *, rank() OVER (PARTITION BY auction ORDER BY b) AS place,
    count(*) FILTER (list_contains($agents, agent)) OVER (PARTITION BY auction) AS theirs,
  FROM asked
  WHERE came BETWEEN 2 AND $most_agents
), judged AS (
  SELECT *, CASE WHEN winner IS NULL
    THEN place = 1 AND count(*) FILTER (place = 1) OVER (PARTITION BY auction) = 1
    ELSE agent = winner END AS won FROM ranked
), contest AS (
  SELECT least(one.agent, two.agent) AS first, greatest(one.agent, two.agent) AS second,
    one.opened, one.auction, one.agent < two.agent AS first_won
  FROM judged one JOIN judged two ON one.auction = two.auction
  WHERE one.won AND NOT two.won AND one.theirs >= $least_came
    AND list_contains($agents, one.agent) AND list_contains($agents, two.agent)
)"""

_COUNT = """
, often AS (
  SELECT *, row_number() OVER (PARTITION BY first, second ORDER BY opened, auction) AS turn
  FROM contest
  QUALIFY count(*) FILTER (first_won) OVER (PARTITION BY first, second) >= $least_wins
    AND count(*) FILTER (NOT first_won) OVER (PARTITION BY first, second) >= $least_wins
), changed AS (
  SELECT first_won <> lag(first_won) OVER (
    PARTITION BY first, second, (turn - 1) // $block ORDER BY turn
  ) AS change FROM often
)
SELECT count(*) FILTER (change) AS changes FROM changed"""

_EVENTS = """
SELECT events.* FROM events SEMI JOIN contest ON events.context = contest.auction
WHERE (kind = 'auction_cleared' OR kind = 'bid_placed' AND list_contains($agents, agent))
  AND "at" >= $start AND "at" < $end
ORDER BY "at", id"""


_PAIR, _ENDLESS = 2, 2**31


def recompute(
    book: Book, agents: Sequence[str], window: Window, most_agents: int, *, whole: bool = False
) -> Query:
    """Return the statement whose one number is how often the winner changed, pair by pair.

    Of a whole group, in auctions to which all of it came; of pairs, block by block.
    """
    numbers = _where(book, agents, window, most_agents, whole=whole)
    numbers |= {"least_wins": 0 if whole else LEAST_WINS, "block": _ENDLESS if whole else BLOCK}
    return Query(_CONTESTS + _COUNT, numbers)


def evidence(
    book: Book, agents: Sequence[str], window: Window, most_agents: int, *, whole: bool = False
) -> Query:
    """Return the statement that selects members' bids against each other, and who won."""
    numbers = _where(book, agents, window, most_agents, whole=whole)
    return Query(_CONTESTS + _EVENTS, numbers)


def _where(
    book: Book, agents: Sequence[str], window: Window, most_agents: int, *, whole: bool
) -> dict[str, Parameter]:
    return {
        "least_came": len(agents) if whole else _PAIR,
        "start": window.start,
        "end": window.end,
        "agents": list(agents),
        "highest": sorted(book.highest),
        "most_agents": most_agents,
    }
