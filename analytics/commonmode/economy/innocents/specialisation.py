"""Innocent: specialists who keep to the same few resources because that is their job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import CANCEL, Acts, do
from commonmode.economy.clock import Span
from commonmode.economy.planting import Label, Plan, Plant, Truth, check_least
from commonmode.economy.rows import Ints
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class Specialisation(Plant):
    """Groups of agents work a narrow patch of their role's resources, each at its own times.

    Against one null for everybody all pairs of specialists look coordinated; against a null of
    their own kind none does. Their task type says what they specialise in.

    Parameters
    ----------
    segments, agents : int
        How many patches, and specialists of each.
    resources : int
        Resources in a patch.
    acts : int
        How often each specialist acts there.
    """

    name: ClassVar[str] = "specialisation"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    segments: int = 3
    agents: int = 8
    resources: int = 6
    acts: int = 24

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, segments=1, agents=2, resources=1, acts=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose patches, specialists and when they work."""
        roles = world.population.draw_roles(self.segments, rng)
        segments = [self._segment(world, int(role), rng) for role in roles]
        truths = tuple(
            Truth(f"segment:{n}", {"agents": world.population.names(np.unique(s.who)).to_list()})
            for n, s in enumerate(segments, 1)
        )

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            return [
                frame.with_columns(task_type=pl.lit(f"specialist-{number}"))
                for number, segment in enumerate(segments, 1)
                for frame in do(world, _during(segment, span), rng)
            ]

        return Plan(truths=truths, act=act)

    def _segment(self, world: World, role: int, rng: np.random.Generator) -> Acts:
        members = world.population.by_role[role]
        who = rng.choice(members, min(self.agents, len(members)), replace=False)
        patch = world.markets.draw_plain(np.full(self.resources, role), rng)
        count = len(who) * self.acts
        return Acts(
            who=rng.permutation(np.repeat(who, self.acts)),
            role=np.full(count, role),
            resource=rng.choice(patch, count),
            tool=rng.integers(0, CANCEL, count),
            at=world.span.early().draw(count, rng),
        )


def _during(acts: Acts, span: Span) -> Acts:
    inside: Ints = np.flatnonzero(span.holds(acts.at))
    who, role, resource = acts.who[inside], acts.role[inside], acts.resource[inside]
    return Acts(who, role, resource, acts.tool[inside], acts.at[inside])
