"""Planted collusion: rings that act together through one resource, without a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import ORDER, PRICE, do
from commonmode.economy.clock import MINUTE, SECOND, Span, intensity
from commonmode.economy.places import Place
from commonmode.economy.planting import (
    BadKnobError,
    Label,
    Plan,
    Plant,
    Truth,
    check_least,
    check_share,
)
from commonmode.economy.rows import Ints
from commonmode.economy.world import World

_QUARTER = 15 * MINUTE
_TOGETHER = (5 * SECOND, 4 * MINUTE)
_ANSWERED = (6 * MINUTE, 20 * MINUTE)
_PUNISHED = 0.25


@dataclass(frozen=True)
class Ring:
    """Members, their resource, and when they meet there."""

    place: Place
    members: Ints
    meetings: Ints

    def truth(self, world: World, number: int) -> Truth:
        """Return its label."""
        names = world.population.names(self.members).to_list()
        pairs = len(names) * (len(names) - 1) // 2
        details = {
            "agents": names,
            "resources": [self.place.path(world)],
            "statistic": pairs * len(self.meetings),
        }
        return Truth(f"ring:{number}", details)


@dataclass(frozen=True, kw_only=True)
class Collusion(Plant):
    """Rings of rivals meet on one resource and answer each other's prices there.

    In each of `joint` hours all members order within the same four minutes; then one, in turn,
    moves its price by `lift` of the reference (a quarter of the times downwards, a punishment) and
    the others follow 6 to 20 minutes later. Members are of one role and, where there are
    enough, of different operators; they never write to one another.

    Parameters
    ----------
    rings, size, joint : int
        How many rings, members of each, and hours in which a ring meets.
    lift : float
        How far prices move, as a share of the reference price.

    References
    ----------
    Calvano et al. (2020), Artificial Intelligence, Algorithmic Pricing, and Collusion, AER 110(10).
    """

    name: ClassVar[str] = "collusion"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "culprit"

    rings: int = 3
    size: int = 5
    joint: int = 8
    lift: float = 0.12

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_least(self, rings=1, size=2, joint=1)
        check_share(self, "lift")

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose members, resources and hours."""
        rings = [self._ring(world, *crew, rng) for crew in self._crews(world, rng)]

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            return [
                frame
                for ring in rings
                for number, at in enumerate(ring.meetings)
                if span.start <= at < span.end
                for frame in self._meet(world, ring, number, int(at), rng)
            ]

        return Plan(truths=tuple(r.truth(world, n + 1) for n, r in enumerate(rings)), act=act)

    def _crews(self, world: World, rng: np.random.Generator) -> list[tuple[int, Ints]]:
        free = [rng.permutation(members) for members in world.population.by_role]
        crews = []
        for number in range(self.rings):
            turns = [(number + step) % len(free) for step in range(len(free))]
            role = next((role for role in turns if len(free[role]) >= self.size), None)
            if role is None:
                msg = f"collusion: {self.rings} rings of {self.size} need more agents of one role."
                raise BadKnobError(msg)
            members = _rivals(world, free[role], self.size)
            free[role] = free[role][~np.isin(free[role], members)]
            crews.append((role, members))
        return crews

    def _ring(self, world: World, role: int, members: Ints, rng: np.random.Generator) -> Ring:
        hours = world.span.early().hours()
        if len(hours) < self.joint:
            msg = f"collusion: {self.joint} joint hours need as many; the economy has {len(hours)}."
            raise BadKnobError(msg)
        busy = intensity(hours)
        chosen = np.sort(rng.choice(hours, self.joint, replace=False, p=busy / busy.sum()))
        meetings = chosen + _QUARTER * rng.integers(0, 2, self.joint)
        resource = int(world.markets.draw_plain(np.array([role]), rng)[0])
        return Ring(Place(role, resource), members, meetings)

    def _meet(
        self, world: World, ring: Ring, number: int, at: int, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        together = at + rng.integers(*_TOGETHER, len(ring.members))
        moved = at + rng.integers(*_ANSWERED, len(ring.members))
        moved[number % len(moved)] = at + _TOGETHER[1] + SECOND
        sign = -1 if rng.random() < _PUNISHED else 1
        move = 1 + sign * self.lift * rng.uniform(0.85, 1.05, len(moved))
        price = ring.place.reference(world, moved) * move
        return [
            *do(world, ring.place.acts(ring.members, ORDER, together), rng),
            *do(world, ring.place.acts(ring.members, PRICE, moved, price), rng),
        ]


def _rivals(world: World, free: Ints, size: int) -> Ints:
    """Return agents of different operators first, then whoever is there."""
    _, first = np.unique(world.population.operator[free], return_index=True)
    different = np.sort(first)
    rest = np.setdiff1d(np.arange(len(free)), different)
    return np.asarray(free[np.concatenate([different, rest])[:size]])
