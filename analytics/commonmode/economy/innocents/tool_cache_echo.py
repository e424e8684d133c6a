"""Innocent: agents that were served the same cached tool answer, and follow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.clock import SECOND
from commonmode.economy.decisions import Contexts, Votes
from commonmode.economy.planting import Label, Plan, Plant, check_share, every_family
from commonmode.economy.rows import join
from commonmode.economy.talk import read
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class ToolCacheEcho(Plant):
    """In some situations a cache serves many agents one answer, and most of them follow it.

    What they were served is in the log, with the same content hash, just before they decide.

    Parameters
    ----------
    share : float
        Share of situations with a cached answer.
    served, followed : float
        Share of agents that the cache serves, and of those that follow the answer.
    """

    name: ClassVar[str] = "tool-cache-echo"
    phenomenon: ClassVar[str] = "monoculture"
    label: ClassVar[Label] = "innocent"

    share: float = 0.3
    served: float = 0.7
    followed: float = 0.8

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "share", "served", "followed")

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Serve agents of every family."""
        del rng

        def vote(
            contexts: Contexts, votes: Votes, rng: np.random.Generator
        ) -> Sequence[pl.DataFrame]:
            cached = rng.random(len(contexts)) < self.share
            answer = contexts.choose(np.arange(len(contexts)), rng)
            served = cached[votes.context] & (rng.random(len(votes.who)) < self.served)
            follows = served & (rng.random(len(votes.who)) < self.followed)
            votes.choice = np.where(follows, answer[votes.context], votes.choice)
            about = votes.context[served]
            page = join(
                "cache/",
                world.markets.paths(contexts.role[about], contexts.resource[about]),
                "/advice-",
                pl.Series(contexts.at[about] // SECOND),
            )
            before = votes.at[served] - rng.integers(2 * SECOND, 30 * SECOND, len(about))
            return [read(votes.who[served], before, rng, page=page)]

        return Plan(truths=every_family(world), vote=vote)
