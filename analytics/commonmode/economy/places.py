"""One resource, and what agents do there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.economy.acts import Acts
from commonmode.economy.rows import Floats, Ints
from commonmode.economy.world import World


@dataclass(frozen=True)
class Place:
    """One resource of one role."""

    role: int
    resource: int

    def path(self, world: World) -> str:
        """Return its path."""
        return str(world.markets.paths(np.array([self.role]), np.array([self.resource]))[0])

    def reference(self, world: World, at: Ints) -> Floats:
        """Return its public reference price at instants."""
        role, resource = np.full_like(at, self.role), np.full_like(at, self.resource)
        return world.markets.reference(role, resource, at)

    def acts(self, who: Ints, tool: int, at: Ints, price: Floats | None = None) -> Acts:
        """Return acts of agents there."""
        fill = np.full_like
        role, resource = fill(who, self.role), fill(who, self.resource)
        return Acts(who=who, role=role, resource=resource, tool=fill(who, tool), at=at, price=price)


def plain_places(world: World, count: int, rng: np.random.Generator) -> list[Place]:
    """Draw resources that are neither in fashion nor forgotten, of roles by their activity."""
    role = world.population.draw_roles(count, rng)
    resource = world.markets.draw_plain(role, rng)
    return [Place(*place) for place in zip(role.tolist(), resource.tolist(), strict=True)]


def page(text: str, count: int) -> pl.Series:
    """Return one page, as often as it is read."""
    return pl.Series([text] * count, dtype=pl.String)
