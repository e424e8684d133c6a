"""Incidents: things that happen to agents of any role, at instants of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from commonmode.economy.clock import Span
from commonmode.economy.planting import Act
from commonmode.economy.rows import Ints
from commonmode.economy.world import World

Happen = Callable[[World, Ints, Ints, np.random.Generator], Sequence[pl.DataFrame]]
"""The world, agents and instants → the events of what happens to each then."""


def incidents(world: World, count: int, rng: np.random.Generator, happen: Happen) -> Act:
    """Draw so many agents and instants; return what happens in a stretch of time."""
    who = world.population.draw(world.population.draw_roles(count, rng), rng)
    at = world.span.early().draw(count, rng)

    def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
        inside = np.flatnonzero(span.holds(at))
        return happen(world, who[inside], at[inside], rng) if len(inside) else ()

    return act
