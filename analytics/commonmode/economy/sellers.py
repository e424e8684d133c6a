"""Sellers: agents who, for reasons of their own, set the price of one resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.economy.clock import Span
from commonmode.economy.places import Place, plain_places
from commonmode.economy.planting import Act, Truth
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


Post = Callable[[World, Sellers, Ints, Ints, np.random.Generator], Sequence[pl.DataFrame]]
"""The world, a market, sellers and instants → the events of their posting prices then."""


def posting(
    world: World, markets: Sequence[Sellers], acts: int, rng: np.random.Generator, post: Post
) -> Act:
    """Let each seller post so often, at times of its own over the whole span."""
    times = [_own_times(world, market, acts, rng) for market in markets]

    def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
        frames: list[pl.DataFrame] = []
        for market, (who, at) in zip(markets, times, strict=True):
            inside = span.holds(at)
            frames += post(world, market, who[inside], at[inside], rng)
        return frames

    return act


def _own_times(
    world: World, market: Sellers, acts: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    who = np.repeat(market.members, acts)
    return rng.permutation(who), world.span.early().draw(len(who), rng)


def _some(members: Ints, size: int, rng: np.random.Generator) -> Ints:
    return rng.choice(members, min(size, len(members)), replace=False)
