"""Sellers: agents who, for reasons of their own, set the price of one resource."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonmode.economy.clock import Span
from commonmode.economy.places import Place, plain_places
from commonmode.economy.planting import Truth
from commonmode.economy.rows import Ints
from commonmode.economy.world import World


@dataclass(frozen=True)
class Sellers:
    """Agents of one role and the resource that they sell."""

    number: int
    place: Place
    members: Ints

    def truth(self, world: World) -> Truth:
        """Return their label."""
        names = world.population.names(self.members).to_list()
        return Truth(
            f"sellers:{self.number}", {"agents": names, "resources": [self.place.path(world)]}
        )


def sellers(world: World, count: int, size: int, rng: np.random.Generator) -> list[Sellers]:
    """Draw groups of sellers; smaller ones where a role has fewer agents."""
    return [
        Sellers(number, place, _some(world.population.by_role[place.role], size, rng))
        for number, place in enumerate(plain_places(world, count, rng), 1)
    ]


def own_times(
    world: World, group: Sellers, acts: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return sellers and instants: each acts so often, at times of its own, over the whole span."""
    who = np.repeat(group.members, acts)
    return rng.permutation(who), world.span.early().draw(len(who), rng)


def during(span: Span, who: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Return those of sellers and instants that fall in a stretch of time."""
    inside = span.holds(at)
    return who[inside], at[inside]


def _some(members: Ints, size: int, rng: np.random.Generator) -> Ints:
    return rng.choice(members, min(size, len(members)), replace=False)
