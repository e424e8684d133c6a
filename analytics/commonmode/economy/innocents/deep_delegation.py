"""Innocent: a task handed on eight times, each time with a narrower grant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import ORDER, Acts, do
from commonmode.economy.clock import HOUR, MINUTE
from commonmode.economy.delegation import Grants, grant_ids, lend
from commonmode.economy.incidents import incidents
from commonmode.economy.planting import Label, Plan, Plant, Truth, check_least, punctual
from commonmode.economy.rows import Ints
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class DeepDelegation(Plant):
    """A grant is handed on `depth` times and narrows to one resource; the last holder acts in it.

    Parameters
    ----------
    chains, depth : int
        How many chains, and links of each.
    """

    name: ClassVar[str] = "deep-delegation"
    phenomenon: ClassVar[str] = "scope"
    label: ClassVar[Label] = "innocent"

    chains: int = 6
    depth: int = 8

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, chains=1, depth=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose who starts the chains, and when."""
        return Plan(act=incidents(world, self.chains, rng, self._hand_down))

    def _hand_down(
        self, world: World, by: Ints, at: Ints, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        role = world.population.role[by].astype(np.int64)
        resource = world.markets.draw(role, rng)
        path = world.markets.paths(role, resource)
        parent, frames = world.population.grants(by), list[pl.DataFrame]()
        for link in range(self.depth):
            to = world.population.peer(by, rng)
            grants = Grants(
                who=to,
                role=role,
                at=at + (2 * link + 1) * MINUTE,
                grant=grant_ids(len(by), rng),
                parent=parent,
                until=at + 3 * HOUR - link * MINUTE,
            )
            frames += lend(world, by, grants, rng, prefix=_narrower(path, link, self.depth))
            by, parent = to, grants.grant
        acted = at + (2 * self.depth + 5) * MINUTE
        acts = Acts(by, role, resource, np.full_like(by, ORDER), acted, grant=parent)
        names = world.population.names(by)
        truths = [Truth(f"agent:{name}", {"depth": self.depth}) for name in names]
        return [*frames, *punctual(do(world, acts, rng)), self.declare(truths, acted, rng)]


def _narrower(path: pl.Series, link: int, depth: int) -> pl.Series:
    """Return the path cut to fewer parts: area, then zone, then the resource itself."""
    spare = max(0, 2 - 3 * link // depth)
    return path.str.replace(rf"(/[^/]*){{{spare}}}$", "")
