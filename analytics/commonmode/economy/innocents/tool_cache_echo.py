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
    """In some situations a cache serves agents one answer, and most of them follow it.

    What they were served is in the log, with one content hash, just before they decide.
    The answer draws choices of all families alike, as it would draw a family's own choice.

    Parameters
    ----------
    share : float
        Share of situations with a cached answer.
    followed : float
        Share of choices that the answer draws.
    ignored : float
        Share of those who decide otherwise that were served it all the same.
    """

    name: ClassVar[str] = "tool-cache-echo"
    phenomenon: ClassVar[str] = "monoculture"
    label: ClassVar[Label] = "innocent"

    share: float = 0.3
    followed: float = 0.6
    ignored: float = 0.3

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "share", "followed", "ignored")

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Serve agents of every family."""
        del rng

        def situate(contexts: Contexts, rng: np.random.Generator) -> None:
            cached = rng.random(len(contexts)) < self.share
            answer = contexts.choose(np.arange(len(contexts)), rng)
            contexts.concentrate(cached, answer, self.followed)
            contexts.advice = np.where(cached, answer, contexts.advice)

        def vote(
            contexts: Contexts, votes: Votes, rng: np.random.Generator
        ) -> Sequence[pl.DataFrame]:
            advice = contexts.advice[votes.context]
            anyway = rng.random(len(advice)) < self.ignored
            served = np.flatnonzero((advice >= 0) & ((votes.choice == advice) | anyway))
            about, at = votes.context[served], votes.at[served]
            what = world.markets.paths(contexts.role[about], contexts.resource[about])
            page = join("cache/", what, "/advice-", pl.Series(contexts.at[about] // SECOND))
            before = at - rng.integers(2 * SECOND, 30 * SECOND, len(served))
            return [read(votes.who[served], before, rng, page=page, edition=page)]

        return Plan(truths=every_family(world), situate=situate, vote=vote)
