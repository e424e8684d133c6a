"""The world of one economy: what is drawn once and never changes."""

from __future__ import annotations

import zlib

import numpy as np

from commonmode.economy.clock import Span
from commonmode.economy.markets import Markets
from commonmode.economy.population import Population


class World:
    """Population, markets and time of an economy, and its seeds.

    Parameters
    ----------
    seed : int
        Decides everything that is drawn.
    agents : int
        Size of the population.
    span : Span
        From the first instant to the last.
    events : int
        How many there will be.
    """

    def __init__(self, seed: int, agents: int, span: Span, events: int) -> None:
        self.seed = seed
        self.events = events
        self.span = span
        self.population = Population(agents, self.rng("population"))
        self.markets = Markets(self.population, self.rng("markets"))

    def rng(self, module: str, shard: int = 0) -> np.random.Generator:
        """Return the generator of a module's shard: the same whatever was drawn elsewhere."""
        key = (zlib.crc32(module.encode()), shard)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def expected(self, span: Span) -> float:
        """Return how many events to expect in a stretch of time."""
        return self.events * span.mass() / self.span.mass()
