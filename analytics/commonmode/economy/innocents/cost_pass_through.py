"""Innocent: sellers of one resource pass a published cost on, and so move alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import PRICE, do
from commonmode.economy.clock import MINUTE, Span
from commonmode.economy.places import page
from commonmode.economy.planting import Label, Plan, Plant, check_least, check_share
from commonmode.economy.rows import join
from commonmode.economy.sellers import Sellers, sellers
from commonmode.economy.talk import read
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class CostPassThrough(Plant):
    """A published cost index jumps now and then; sellers read it and reprice within the hour.

    Each seller misses some of the jumps. Prices follow the cost, and no seller follows another.

    Parameters
    ----------
    markets, sellers : int
        How many resources, and sellers of each.
    jumps : int
        How often the cost of each jumps.
    react : float
        Share of jumps that a seller passes on.
    passed : float
        Share of a jump that a price moves by.
    """

    name: ClassVar[str] = "cost-pass-through"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    markets: int = 2
    sellers: int = 12
    jumps: int = 6
    react: float = 0.5
    passed: float = 0.8

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "react", "passed")
        check_least(self, markets=1, sellers=2, jumps=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose sellers, resources and the jumps of their costs."""
        markets = sellers(world, self.markets, self.sellers, rng)
        times = [world.span.early().draw(self.jumps, rng) for _ in markets]
        costs = [1 + rng.normal(0, 0.08, self.jumps).cumsum() for _ in markets]

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            return [
                frame
                for market, at, cost in zip(markets, times, costs, strict=True)
                for place in np.flatnonzero(span.holds(at))
                for frame in self._pass(world, market, int(at[place]), cost[place], rng)
            ]

        return Plan(truths=tuple(market.truth(world) for market in markets), act=act)

    def _pass(
        self, world: World, market: Sellers, at: int, cost: float, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        who = market.members[rng.random(len(market.members)) < self.react]
        seen = at + rng.integers(0, 5 * MINUTE, len(who))
        moved = seen + rng.integers(MINUTE, 40 * MINUTE, len(who))
        price = market.place.reference(world, moved) * (1 + self.passed * (cost - 1))
        index = page(f"index/{market.place.path(world)}/cost", len(who))
        done, left = do(world, market.place.acts(who, PRICE, moved, price), rng)
        return [
            read(who, seen, rng, page=index, edition=join(index, f"@{at}")),
            done.with_columns(cost=pl.lit(round(10 * cost, 2))),
            left,
        ]
