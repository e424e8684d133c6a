"""Rushes: moments at which many agents of a role have reason to turn to one resource."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonmode.economy.clock import HOUR, Span
from commonmode.economy.places import Place, plain_places
from commonmode.economy.planting import Truth
from commonmode.economy.rows import Ints
from commonmode.economy.world import World

_MOST = 0.01


@dataclass(frozen=True)
class Rush:
    """One moment, at the start of an hour, and the resource it is about."""

    place: Place
    at: int

    def truth(self, world: World) -> Truth:
        """Return its label."""
        path = self.place.path(world)
        return Truth(f"resource:{path}", {"resources": [path]})

    def visitors(self, world: World, reach: float, rng: np.random.Generator) -> Ints:
        """Return agents of the role, each as likely; at most one in a hundred of all events."""
        members = world.population.by_role[self.place.role]
        count = min(round(reach * len(members)), max(2, round(_MOST * world.events)))
        return rng.choice(members, count, replace=False)


def rushes(world: World, count: int, rng: np.random.Generator) -> list[Rush]:
    """Draw rushes, their hours by the daily cycle."""
    hours = world.span.early().draw(count, rng) // HOUR * HOUR
    at = np.maximum(hours, world.span.start).tolist()
    places = plain_places(world, count, rng)
    return [Rush(*rush) for rush in zip(places, at, strict=True)]


def within(span: Span, drawn: list[Rush]) -> list[Rush]:
    """Return those that begin in a stretch of time."""
    return [rush for rush in drawn if span.start <= rush.at < span.end]
