"""Sealed-bid auctions: who comes, what it would cost each, what each bids, and who wins."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.economy.clock import MINUTE, SECOND, Span
from commonmode.economy.planting import Act, Plan, Plant, Truth, check_least, check_share
from commonmode.economy.rows import NOBODY, Floats, Ints, gather, join, rows
from commonmode.economy.sellers import Sellers, sellers
from commonmode.economy.world import World

CHEAPEST, DEAREST = 0.85, 1.15
"""Costs lie evenly between, as multiples of the lot's level."""

_BEFORE = (30 * SECOND, 8 * MINUTE)
"""How long before it closes bids come in."""
_SLIP = 0.005
_MOST = 0.08
"""Share of all events that may be auctions."""


def among_rivals(costs: Floats, dearest: float = DEAREST) -> Floats:
    r"""Return what rivals bid: the equilibrium where each knows its own cost and how many came.

    .. math:: b(c) = c + (\bar c - c) / n

    with costs spread evenly up to the dearest.

    Parameters
    ----------
    costs : ndarray of shape (auctions, bidders)
        NaN of those who do not come.
    dearest : float
        The highest cost there can be.

    References
    ----------
    Krishna (2010), Auction Theory, chapter 2, turned to buying.

    Examples
    --------
    >>> among_rivals(np.array([[0.85, 1.15, np.nan]])).round(2).tolist()
    [[1.0, 1.15, nan]]
    """
    came = np.isfinite(costs).sum(axis=1, keepdims=True)
    bids: Floats = costs + (dearest - costs) / came
    return bids


@dataclass(frozen=True)
class House:
    """One lot that is auctioned again and again, lowest bid wins; NaN where one did not come."""

    sellers: Sellers
    series: int
    closes: Ints
    bids: Floats
    costs: Floats | None

    def during(self, world: World, span: Span, rng: np.random.Generator) -> list[pl.DataFrame]:
        """Return the bids and the clearings of a stretch of time."""
        turns = np.flatnonzero(span.holds(self.closes))
        return (
            [] if not len(turns) else [self._bid(world, turns, rng), self._clear(world, turns, rng)]
        )

    def _names(self, world: World, turns: Ints) -> pl.Series:
        series = f"auction/{self.sellers.place.path(world)}/{self.series:06}-"
        return join(series, pl.Series(turns))

    def _bid(self, world: World, turns: Ints, rng: np.random.Generator) -> pl.DataFrame:
        turn, column = np.nonzero(np.isfinite(self.bids[turns]))
        turn = turns[turn]
        place = self.sellers.place
        unit = world.markets.level[place.role, place.resource]
        cost = None if self.costs is None else (unit * self.costs[turn, column]).round(4)
        return rows(
            "bid_placed",
            self.sellers.members[column],
            self.closes[turn] - rng.integers(*_BEFORE, len(turn)),
            rng,
            resource=place.path(world),
            market=place.path(world).rsplit("/", 1)[0],
            context=self._names(world, turn),
            price=(unit * self.bids[turn, column]).round(4),
            quantity=1.0,
            cost=cost,
        )

    def _clear(self, world: World, turns: Ints, rng: np.random.Generator) -> pl.DataFrame:
        winner = np.nanargmin(self.bids[turns], axis=1)
        place = self.sellers.place
        unit = world.markets.level[place.role, place.resource]
        names = world.population.names(self.sellers.members).to_list()
        return rows(
            "auction_cleared",
            np.full(len(turns), NOBODY),
            self.closes[turns] + SECOND,
            rng,
            agent=f"auctioneer/{place.path(world).split('/', 1)[0]}",
            resource=place.path(world),
            market=place.path(world).rsplit("/", 1)[0],
            context=self._names(world, turns),
            winner=gather(names, winner),
            price=(unit * self.bids[turns, winner]).round(4),
            quantity=1.0,
        )


Bidding = tuple[Floats, Floats | None]
"""Bids of all auctions of a lot, and the costs that the log holds of them."""

Bid = Callable[[Floats, np.random.Generator], Bidding]


@dataclass(frozen=True, kw_only=True)
class SealedBids(Plant):
    """Lots auctioned again and again among regular bidders, and a few who come now and then.

    Parameters
    ----------
    markets, auctions : int
        How many lots, and how often each is auctioned.
    bidders, fringe : int
        Regular bidders of each, who always come, and others.
    comes : float
        How often each of the others comes.
    """

    markets: int = 2
    auctions: int = 64
    bidders: int = 4
    fringe: int = 3
    comes: float = 0.2

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, markets=1, auctions=1, bidders=2, fringe=0)
        check_share(self, "comes")

    @abstractmethod
    def bid(self, costs: Floats, rng: np.random.Generator) -> Bidding:
        """Return the bids of all auctions of a lot, and the costs that are logged.

        Parameters
        ----------
        costs : ndarray of shape (auctions, bidders)
            As multiples of the lot's level, NaN of those who do not come; regulars come first.
        rng : numpy.random.Generator
            Draws what else there is to draw.
        """

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose lots and bidders, and let them bid."""
        found = self.groups(world, self.markets, rng)
        houses = [self.house(world, group, self.bid, rng) for group in found]
        return Plan(
            truths=tuple(self.truth(world, g) for g in found), act=auctioning(world, houses)
        )

    @property
    def lots(self) -> int:
        """How many lots are auctioned."""
        return self.markets

    def groups(self, world: World, count: int, rng: np.random.Generator) -> list[Sellers]:
        """Draw lots with all who may bid on them."""
        drawn = sellers(world, count, self.bidders + self.fringe, rng)
        return [group for group in drawn if len(group.members) >= self.bidders]

    def truth(self, world: World, group: Sellers) -> Truth:
        """Return the label of a lot's regular bidders."""
        names = world.population.names(group.members[: self.bidders]).to_list()
        details = {"agents": names, "resources": [group.place.path(world)]}
        return Truth(f"{self.name}:{group.number}", details)

    def house(self, world: World, group: Sellers, bid: Bid, rng: np.random.Generator) -> House:
        """Let the bidders of a lot bid in all its auctions."""
        span = world.span.early()
        room = int(_MOST * world.events / (self.lots * (self.bidders + 2)))
        turns = max(1, min(self.auctions, room))
        closes = np.linspace(span.start, span.end, turns + 2).astype(np.int64)[1:-1]
        shape = (len(closes), len(group.members))
        there = rng.random(shape) < self.comes
        there[:, : self.bidders] = True
        costs = np.where(there, rng.uniform(CHEAPEST, DEAREST, shape), np.nan)
        bids, logged = bid(costs, rng)
        slips = np.exp(rng.normal(0, _SLIP, shape))
        return House(group, int(rng.integers(10**6)), closes, bids * slips, logged)


def auctioning(world: World, houses: Sequence[House]) -> Act:
    """Let auctions take place in their time."""

    def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
        return [frame for house in houses for frame in house.during(world, span, rng)]

    return act


def competing(costs: Floats, rng: np.random.Generator) -> Bidding:
    """Bid as rivals do, costs known."""
    del rng
    return among_rivals(costs), costs
