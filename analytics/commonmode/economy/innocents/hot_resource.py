"""Innocent: hours in which everybody wants the same resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import ORDER, do
from commonmode.economy.clock import HOUR, Span
from commonmode.economy.planting import Label, Plan, Plant, check_least, check_share
from commonmode.economy.rushes import Rush, rushes, within
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class HotResource(Plant):
    """In a few hours a large part of a role, newly drawn each time, orders the same resource.

    Pairs share many actions because the hour was hot, not because they act together.

    Parameters
    ----------
    rushes : int
        How many hot hours.
    reach : float
        Share of the role's agents that come.
    """

    name: ClassVar[str] = "hot-resource"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    rushes: int = 8
    reach: float = 0.3

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "reach")
        check_least(self, rushes=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose the hours and the resources."""
        hot = rushes(world, self.rushes, rng)

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            return [f for rush in within(span, hot) for f in self._come(world, rush, rng)]

        return Plan(truths=tuple(rush.truth(world) for rush in hot), act=act)

    def _come(self, world: World, rush: Rush, rng: np.random.Generator) -> list[pl.DataFrame]:
        who = rush.visitors(world, self.reach, rng)
        at = rush.at + rng.integers(0, HOUR, len(who))
        return do(world, rush.place.acts(who, ORDER, at), rng)
