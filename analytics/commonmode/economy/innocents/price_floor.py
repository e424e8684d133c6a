"""Innocent: a regulator's floor makes sellers ask the same price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import PRICE, do
from commonmode.economy.planting import Label, Plan, Plant, check_least
from commonmode.economy.rows import Ints
from commonmode.economy.sellers import Sellers, posting, sellers
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class PriceFloor(Plant):
    """Sellers of a resource all ask the legal minimum, each at times of its own.

    Prices do not vary at all, which price screens take for a cartel; nobody answers anybody.

    Parameters
    ----------
    markets, sellers : int
        How many resources, and sellers of each.
    acts : int
        How often each seller posts its price.
    floor : float
        The minimum, as a multiple of the resource's price level.
    """

    name: ClassVar[str] = "price-floor"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    markets: int = 2
    sellers: int = 10
    acts: int = 4
    floor: float = 1.1

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, markets=1, sellers=2, acts=1, floor=0.01)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose sellers and resources."""
        markets = sellers(world, self.markets, self.sellers, rng)
        return Plan(
            truths=tuple(market.truth(world) for market in markets),
            act=posting(world, markets, self.acts, rng, self._post),
        )

    def _post(
        self, world: World, market: Sellers, who: Ints, at: Ints, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        level = world.markets.level[market.place.role, market.place.resource]
        price = np.full(len(who), self.floor * level)
        return do(world, market.place.acts(who, PRICE, at, price), rng)
