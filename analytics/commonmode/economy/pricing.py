"""Sellers who have learned to price, at work: a round every few minutes, sales and all."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.economy.acts import PRICE, do
from commonmode.economy.bertrand import Bertrand
from commonmode.economy.clock import MINUTE, Span
from commonmode.economy.learners import Learning, learn
from commonmode.economy.planting import Plan, Plant, check_least, check_share
from commonmode.economy.rows import Floats, Ints
from commonmode.economy.sellers import Sellers, sellers
from commonmode.economy.world import World

EVERY = 5 * MINUTE
"""How often prices are set."""
_BUYERS = 500
_POSTED = (MINUTE, 3 * MINUTE)
_EVENTS_A_PRICE = 2.1
_MOST = 0.08


@dataclass(frozen=True)
class Game:
    """One market: who sells, what each round's prices are, and what they sell."""

    market: Bertrand
    sellers: Sellers
    start: int
    prices: Ints

    def during(self, world: World, span: Span, rng: np.random.Generator) -> list[pl.DataFrame]:
        """Return the events of a stretch of time."""
        begun = self.start + EVERY * np.arange(len(self.prices))
        rounds = np.flatnonzero(span.holds(begun))
        set_ = self.market.grid[self.prices[rounds]]
        sold = rng.poisson(_BUYERS * self.market.demand(set_)).astype(float)
        who = np.tile(self.sellers.members, len(rounds))
        at = np.repeat(begun[rounds], self.market.sellers) + rng.integers(*_POSTED, len(who))
        return self._posted(world, who, at, (set_.ravel(), sold.ravel()), rng)

    def _posted(
        self,
        world: World,
        who: Ints,
        at: Ints,
        trade: tuple[Floats, Floats],
        rng: np.random.Generator,
    ) -> list[pl.DataFrame]:
        place, (price, sold) = self.sellers.place, trade
        unit = world.markets.level[place.role, place.resource]
        done, left = do(world, place.acts(who, PRICE, at, unit * price), rng)
        margin = unit * (price - self.market.cost)
        done = done.with_columns(
            quantity=pl.Series(sold),
            cost=pl.lit(round(unit * self.market.cost, 2)),
            payoff=pl.Series((margin * sold).round(2)),
        )
        sales = done.select(parent="id", quantity="quantity")
        left = left.drop("quantity").join(sales, on="parent", how="left", maintain_order="left")
        return [done, left]


@dataclass(frozen=True, kw_only=True)
class Pricing(Plant):
    """Markets of sellers who learned beforehand and now and then try another price.

    Every five minutes each sets its price, sees what it sold, and what the others asked.

    Parameters
    ----------
    markets, sellers : int
        How many resources, and sellers of each.
    tries : float
        Share of rounds in which a seller tries a price at random.
    """

    markets: int = 2
    sellers: int = 2
    tries: float = 0.05

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, markets=1, sellers=2)
        check_share(self, "tries")

    @abstractmethod
    def learning(self) -> Learning:
        """Return how its sellers learn."""

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose sellers and resources, and let them learn."""
        market = Bertrand(sellers=self.sellers)
        start = -(-world.span.start // EVERY) * EVERY
        rounds = min(
            (world.span.early().end - start) // EVERY,
            int(_MOST * world.events / (self.markets * self.sellers * _EVENTS_A_PRICE)),
        )
        found = sellers(world, self.markets, self.sellers, rng)
        games = [
            Game(market, group, start, self._played(market, max(rounds, 0), rng))
            for group in found
            if len(group.members) == self.sellers
        ]

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            return [frame for game in games for frame in game.during(world, span, rng)]

        return Plan(truths=tuple(game.sellers.truth(world) for game in games), act=act)

    def _played(self, market: Bertrand, rounds: int, rng: np.random.Generator) -> Ints:
        learned = learn(market, self.learning(), int(rng.integers(2**31)))
        tried = rng.integers(0, market.steps, (rounds, market.sellers))
        trying = rng.random((rounds, market.sellers)) < self.tries
        return learned.play(rounds, np.where(trying, tried, -1))
