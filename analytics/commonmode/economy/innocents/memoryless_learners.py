"""Innocent: learners without memory that ended up dear, and cannot answer one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import PRICE, do
from commonmode.economy.planting import Label, Plan, Plant, check_least, check_share
from commonmode.economy.rows import Ints
from commonmode.economy.sellers import Sellers, posting, sellers
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class MemorylessLearners(Plant):
    """Sellers ask a price far above the reference, each alone, and never react to a rival.

    Profit is near the joint optimum, yet without memory there is nothing to punish with:
    spurious collusion.

    Parameters
    ----------
    markets, sellers : int
        How many resources, and learners on each.
    acts : int
        How often each posts its price.
    markup : float
        How far prices stand above the reference, as a share of it.

    References
    ----------
    Calvano et al. (2023), Algorithmic collusion: Genuine or spurious?, IJIO 90.
    """

    name: ClassVar[str] = "memoryless-learners"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    markets: int = 2
    sellers: int = 4
    acts: int = 5
    markup: float = 0.3

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, markets=1, sellers=2, acts=1)
        check_share(self, "markup")

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
        scatter = np.exp(rng.normal(0, 0.03, len(who)))
        price = market.place.reference(world, at) * (1 + self.markup) * scatter
        return do(world, market.place.acts(who, PRICE, at, price), rng)
