"""Innocent: an emergency, acted upon outside one's scope and approved for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import ORDER, Acts, do
from commonmode.economy.clock import MINUTE, Span
from commonmode.economy.delegation import Grants, grant_ids, permit, review
from commonmode.economy.planting import Label, Plan, Plant, Truth, check_least, punctual
from commonmode.economy.rows import Flags, Ints, join
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class BreakGlass(Plant):
    """An agent acts in another role's sector under a break-glass grant of half an hour.

    Half of the grants are written before the act, half in arrears, valid from before it; each
    is reviewed and approved after its use.

    Parameters
    ----------
    cases : int
        How many emergencies.
    """

    name: ClassVar[str] = "break-glass"
    phenomenon: ClassVar[str] = "scope"
    label: ClassVar[Label] = "innocent"

    cases: int = 6

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, cases=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose who acts, and when."""
        who = world.population.draw(world.population.draw_roles(self.cases, rng), rng)
        at = world.span.early().draw(self.cases, rng)
        arrears = np.arange(self.cases) % 2 == 1

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            inside = np.flatnonzero(span.holds(at))
            if not len(inside):
                return ()
            return self._break(world, who[inside], at[inside], arrears[inside], rng)

        return Plan(act=act)

    def _break(
        self, world: World, who: Ints, at: Ints, arrears: Flags, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        own = world.population.role[who].astype(np.int64)
        role = (own + 1) % len(world.population.roles)
        resource = world.markets.draw(role, rng)
        grants = Grants(
            who=who,
            role=role,
            at=at + np.where(arrears, 15 * MINUTE, 0),
            grant=join("break-glass/", grant_ids(len(who), rng).str.slice(6)),
            since=at,
            until=at + 30 * MINUTE,
        )
        zone = world.markets.plot_paths(role, world.markets.plot(resource))
        acted = at + rng.integers(2 * MINUTE, 12 * MINUTE, len(who))
        acts = Acts(who, role, resource, np.full_like(who, ORDER), acted, grant=grants.grant)
        done, left = punctual(do(world, acts, rng))
        truths = [Truth(f"agent:{name}") for name in world.population.names(who)]
        return [
            permit(world, grants, rng, prefix=zone).with_columns(break_glass=True),
            done,
            left,
            self._approved(grants, done, rng),
            self.declare(truths, acted, rng),
        ]

    def _approved(
        self, grants: Grants, done: pl.DataFrame, rng: np.random.Generator
    ) -> pl.DataFrame:
        at = done["at"].to_numpy() + rng.integers(5 * MINUTE, 20 * MINUTE, done.height)
        approved = np.ones(done.height, np.bool_)
        return review(grants.grant, at, approved, rng, parent=done["id"], task=done["task"])
