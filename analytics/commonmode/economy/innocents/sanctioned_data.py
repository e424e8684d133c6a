"""Innocent: data from outside, used under a grant for it; or read, and then not used."""

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
from commonmode.economy.rows import Ints, join
from commonmode.economy.talk import INTERNAL, PUBLIC, read, sources
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class SanctionedData(Plant):
    """Agents read a public page and act soon after.

    Half of them act on what it said, under a grant that allows public data; the other half under
    a grant for internal data only, and on such data.

    Parameters
    ----------
    cases : int
        How many agents.
    """

    name: ClassVar[str] = "sanctioned-data"
    phenomenon: ClassVar[str] = "scope"
    label: ClassVar[Label] = "innocent"

    cases: int = 8

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, cases=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose who acts, and when."""
        return Plan(act=incidents(world, self.cases, rng, self._use))

    def _use(
        self, world: World, who: Ints, at: Ints, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        role = world.population.role[who].astype(np.int64)
        resource = world.markets.draw(role, rng)
        plot = world.markets.plot_paths(role, world.markets.plot(resource))
        by = world.population.peer(who, rng)
        lent = Grants(
            who=who,
            role=role,
            at=at + MINUTE,
            grant=grant_ids(len(who), rng),
            parent=world.population.grants(by),
            until=at + HOUR,
        )
        public = rng.random(len(who)) < 1 / 2
        handed, granted = lend(world, by, lent, rng, prefix=plot)
        allowed = sources([INTERNAL, PUBLIC] if each else [INTERNAL] for each in public)
        acted = lent.at + rng.integers(5 * MINUTE, 25 * MINUTE, len(who))
        seen = read(who, acted - MINUTE, rng, page=join("news/", plot, "/comments"))
        acts = Acts(who, role, resource, np.full_like(who, ORDER), acted, grant=lent.grant)
        done, left = do(world, acts, rng)
        rested = sources([PUBLIC] if each else [INTERNAL] for each in public)
        truths = [Truth(f"agent:{name}") for name in world.population.names(who)]
        return [
            handed,
            granted.with_columns(provenance=allowed),
            seen.with_columns(provenance=sources([[PUBLIC]] * len(who))),
            *punctual([done.with_columns(provenance=rested, parent=seen["id"]), left]),
            self.declare(truths, acted, rng),
        ]
