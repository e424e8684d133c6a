"""Orders that agents of one family cancel, wherever they stand: what cascades are looked for in."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.economy.acts import CANCEL, Acts, do
from commonmode.economy.clock import Span
from commonmode.economy.planting import Plan, Plant, Truth, check_least
from commonmode.economy.rows import Ints
from commonmode.economy.world import World

_MOST = 0.08
"""Share of all events that may be cancellations."""


@dataclass(frozen=True)
class Group:
    """The agents of one family in one role, more than a few where there are."""

    family: int
    role: int
    members: Ints

    def truth(self, world: World, value: float | None) -> Truth:
        """Return its label."""
        name, _, _ = world.population.families[self.family]
        details = {
            "agents": world.population.names(self.members).to_list(),
            "action": world.population.roles[self.role].tools[CANCEL],
        }
        return Truth(f"family:{name}", details, value)


@dataclass(frozen=True, kw_only=True)
class Cancelling(Plant):
    """Agents of one family cancel orders all over their sector.

    Parameters
    ----------
    cancelled : int
        How many orders, about, in all.
    """

    cancelled: int = 800

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, cancelled=20)

    @abstractmethod
    def times(self, span: Span, count: int, rng: np.random.Generator) -> Ints:
        """Return when orders are cancelled, about so many."""

    def branching(self) -> float | None:
        """Return how many further cancellations each brings about, where a label should say."""
        return None

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose the family, its agents and the instants."""
        group = _group(world, rng)
        count = min(self.cancelled, max(20, int(_MOST * world.events)))
        at = np.sort(self.times(world.span.early(), count, rng))
        who = rng.choice(group.members, len(at))

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            inside = span.holds(at)
            role = np.full(int(inside.sum()), group.role)
            return do(
                world,
                Acts(
                    who=who[inside],
                    role=role,
                    resource=world.markets.draw(role, rng),
                    tool=np.full_like(role, CANCEL),
                    at=at[inside],
                ),
                rng,
            )

        return Plan(truths=(group.truth(world, self.branching()),), act=act)


def _group(world: World, rng: np.random.Generator) -> Group:
    """Draw a role by its activity, and of its families one with most agents there."""
    role = int(world.population.draw_roles(1, rng)[0])
    members = world.population.by_role[role]
    family = world.population.family[members]
    sizes = np.bincount(family)
    chosen = int(rng.choice(np.flatnonzero(sizes * 2 >= sizes.max())))
    return Group(chosen, role, members[family == chosen])
