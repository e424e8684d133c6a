"""Groups of bidders who keep coming together, and whether the group as a whole takes turns."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from commonmode.detectors.collusion.auctions.book import Book, costs_known, table
from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.communities import communities
from commonmode.statistics.winning_order import WinningOrder, own_turns, winning_order

LEAST_WINS, LEAST_MEMBERS, LEAST_AUCTIONS = 3, 3, 12
"""Of each two, of a group, and of those to which all of it came: fewer cannot show turns."""

_TOGETHER = 0.75
"""Share of the auctions that either of two won to which the other came, too."""
_DENSE = 0.5
_NAMED = 0.05


@dataclass(frozen=True)
class Group:
    """Bidders who keep coming together, and who of them won the auctions to which all came.

    Attributes
    ----------
    agents : tuple of str
        Three or more.
    winners : ndarray of int of shape (auctions,)
        Places in `agents`, in order of time.
    costs : ndarray of shape (auctions, agents) or None
        None where one is not logged.
    """

    agents: tuple[str, ...]
    winners: Integers
    costs: Floats | None

    @classmethod
    def of(cls, book: Book, agents: tuple[str, ...]) -> Group:
        """Take a group's auctions out of the book."""
        theirs = book.among(agents, len(agents)).filter(pl.col("agent").is_in(list(agents)))
        won = theirs.filter("won")
        order = won["auction"].to_list()
        place = {agent: n for n, agent in enumerate(agents)}
        rows = theirs.filter(pl.col("auction").is_in(order))
        known = costs_known(rows)
        return cls(
            agents,
            np.array([place[agent] for agent in won["agent"]], dtype=np.int64),
            table(rows, "cost", list(agents), order) if known else None,
        )

    def judged(self, seed: int) -> WinningOrder:
        """Return whether it takes turns."""
        return winning_order(self.winners, len(self.agents), self.costs, self.rng(seed))

    def own(self, seed: int) -> list[Own]:
        """Return how far each one takes part, who does most first."""
        rng = self.rng(seed + 1)
        cheapest = self.costs.argmin(axis=1) if self.costs is not None else None
        found = [
            Own(agent, *own_turns(self.winners, place, _alike(self.winners, cheapest, place), rng))
            for place, agent in enumerate(self.agents)
        ]
        return sorted(found, key=lambda one: (-one.excess, one.agent))

    def rng(self, seed: int) -> np.random.Generator:
        """Return a source of draws that is the group's own."""
        return np.random.default_rng([seed, zlib.crc32("\0".join(self.agents).encode())])


class Own(NamedTuple):
    """How much more one of a group changes with the others than chance, and its p-value."""

    agent: str
    excess: float
    p_value: float

    @property
    def named(self) -> bool:
        """Whether it takes part."""
        return self.p_value <= _NAMED


def groups(book: Book, met: pl.DataFrame, seed: int) -> list[Group]:
    """Return the groups that can be tested: who they are depends on no order of winners.

    Parameters
    ----------
    book : Book
        All auctions of the window.
    met : polars.DataFrame
        Of `contests`.
    seed : int
        Of the search for groups.
    """
    links = _links(met, book.rows.filter("won").group_by("agent").agg(wins=pl.len()))
    names = links["first"].append(links["second"]).unique().sort()
    codes = pl.int_range(len(names), eager=True)
    first, second = (
        links[end].replace_strict(names, codes, return_dtype=pl.Int64).to_numpy()
        for end in ("first", "second")
    )
    dense = communities(first, second, _DENSE, seed)
    large = [Group.of(book, tuple(names[g].to_list())) for g in dense if len(g) >= LEAST_MEMBERS]
    return [group for group in large if len(group.winners) >= LEAST_AUCTIONS]


def _links(met: pl.DataFrame, wins: pl.DataFrame) -> pl.DataFrame:
    pairs = met.group_by("first", "second").agg(
        met=pl.len(), won=pl.col("first_won").sum(), lost=(~pl.col("first_won")).sum()
    )
    either = pairs.join(wins, left_on="first", right_on="agent").join(
        wins, left_on="second", right_on="agent", suffix="_second"
    )
    together = pl.col("met") >= _TOGETHER * (pl.col("wins") + pl.col("wins_second"))
    often = (pl.col("won") >= LEAST_WINS) & (pl.col("lost") >= LEAST_WINS)
    return either.filter(together & often).select("first", "second").sort("first", "second")


def _alike(winners: Integers, cheapest: Integers | None, place: int) -> Integers:
    return np.zeros_like(winners) if cheapest is None else (cheapest == place).astype(np.int64)
