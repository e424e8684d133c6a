"""Innocent: a grant that was in force in time and is recorded only after its use."""

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
class LateGrant(Plant):
    """An agent acts under a grant whose record reaches the log half an hour later or more.

    Whoever judges by what has arrived sees a breach that never was.

    Parameters
    ----------
    grants : int
        How many grants come late.
    """

    name: ClassVar[str] = "late-grant"
    phenomenon: ClassVar[str] = "scope"
    label: ClassVar[Label] = "innocent"

    grants: int = 8

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, grants=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose who acts, and when."""
        return Plan(act=incidents(world, self.grants, rng, self._use))

    def _use(
        self, world: World, who: Ints, at: Ints, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        role = world.population.role[who].astype(np.int64)
        resource = world.markets.draw(role, rng)
        plot = world.markets.plot_paths(role, world.markets.plot(resource))
        by = world.population.peer(who, rng)
        grants = Grants(
            who=who,
            role=role,
            at=at + MINUTE,
            grant=grant_ids(len(who), rng),
            parent=world.population.grants(by),
            until=at + 2 * HOUR,
        )
        handed, granted = lend(world, by, grants, rng, prefix=plot)
        late = rng.integers(30 * MINUTE, 90 * MINUTE, len(who))
        acted = grants.at + rng.integers(2 * MINUTE, 15 * MINUTE, len(who))
        acts = Acts(who, role, resource, np.full_like(who, ORDER), acted, grant=grants.grant)
        truths = [Truth(f"agent:{name}") for name in world.population.names(who)]
        return [
            handed,
            granted.with_columns(delay=pl.Series(late)),
            *punctual(do(world, acts, rng)),
            self.declare(truths, acted, rng),
        ]
