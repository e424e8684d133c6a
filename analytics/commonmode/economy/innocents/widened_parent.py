"""Innocent: a grant handed on in full after it was widened."""

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
class WidenedParent(Plant):
    """A grant of one zone is issued again for the whole area, and then handed on for all of it.

    Beside the grant as first issued, the child looks like an escalation.

    Parameters
    ----------
    cases : int
        How many grants.
    """

    name: ClassVar[str] = "widened-parent"
    phenomenon: ClassVar[str] = "scope"
    label: ClassVar[Label] = "innocent"

    cases: int = 6

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, cases=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose who acts, and when."""
        return Plan(act=incidents(world, self.cases, rng, self._hand_on))

    def _hand_on(
        self, world: World, who: Ints, at: Ints, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        people, markets = world.population, world.markets
        by, to = people.peer(who, rng), people.peer(who, rng)
        role = people.role[who].astype(np.int64)
        zones = len(people.roles[0].zones)
        zone = markets.plot(markets.draw(role, rng)) // zones * zones
        path = markets.plot_paths(role, zone)
        area = path.str.replace(r"/[^/]*$", "")
        lent = Grants(
            who=who,
            role=role,
            at=at + MINUTE,
            grant=grant_ids(len(who), rng),
            parent=people.grants(by),
            until=at + 2 * HOUR,
        )
        child = Grants(
            who=to,
            role=role,
            at=at + 40 * MINUTE,
            grant=grant_ids(len(who), rng),
            parent=lent.grant,
            until=at + 2 * HOUR,
        )
        elsewhere = (zone + rng.integers(1, zones, len(who))) * markets.lots
        acted = child.at + rng.integers(5 * MINUTE, 25 * MINUTE, len(who))
        acts = Acts(to, role, elsewhere, np.full_like(to, ORDER), acted, grant=child.grant)
        truths = [Truth(f"grant:{name}") for name in child.grant]
        widened = permit(world, replace(lent, at=at + 30 * MINUTE), rng, prefix=area)
        return [
            *lend(world, by, lent, rng, prefix=path),
            *punctual([widened]),
            *lend(world, who, child, rng, prefix=area),
            *punctual(do(world, acts, rng)),
            self.declare(truths, acted, rng),
        ]
