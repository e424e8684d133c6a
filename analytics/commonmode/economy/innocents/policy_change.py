"""Innocent: a policy that changed between the issue of a grant and its use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import ORDER, Acts, do
from commonmode.economy.clock import HOUR, MINUTE
from commonmode.economy.delegation import Grants, grant_ids, lend, permit
from commonmode.economy.incidents import incidents
from commonmode.economy.planting import Label, Plan, Plant, Truth, check_least, punctual
from commonmode.economy.rows import Ints
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class PolicyChange(Plant):
    """A grant of one zone is issued again, same id, for the whole area; then used in the area.

    Judged by the grant as first issued the act would be a breach; at its time it was permitted.

    Parameters
    ----------
    cases : int
        How many grants change.
    """

    name: ClassVar[str] = "policy-change"
    phenomenon: ClassVar[str] = "scope"
    label: ClassVar[Label] = "innocent"

    cases: int = 6

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, cases=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose who acts, and when."""
        return Plan(act=incidents(world, self.cases, rng, self._change))

    def _change(
        self, world: World, who: Ints, at: Ints, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        markets, by = world.markets, world.population.peer(who, rng)
        role = world.population.role[who].astype(np.int64)
        zones = len(world.population.roles[0].zones)
        zone = markets.plot(markets.draw(role, rng)) // zones * zones
        issued = Grants(
            who=who,
            role=role,
            at=at + MINUTE,
            grant=grant_ids(len(who), rng),
            parent=world.population.grants(by),
            until=at + 2 * HOUR,
        )
        path = markets.plot_paths(role, zone)
        again = permit(
            world,
            replace(issued, at=at + 30 * MINUTE),
            rng,
            prefix=path.str.replace(r"/[^/]*$", ""),
        )
        elsewhere = (zone + rng.integers(1, zones, len(who))) * markets.lots
        acted = at + rng.integers(35 * MINUTE, 60 * MINUTE, len(who))
        acts = Acts(who, role, elsewhere, np.full_like(who, ORDER), acted, grant=issued.grant)
        truths = [Truth(f"agent:{name}") for name in world.population.names(who)]
        return [
            *lend(world, by, issued, rng, prefix=path),
            again,
            *punctual(do(world, acts, rng)),
            self.declare(truths, acted, rng),
        ]
