"""Innocent: many agents read the same news and react to it in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import PRICE, do
from commonmode.economy.clock import MINUTE, SECOND, Span
from commonmode.economy.places import page
from commonmode.economy.planting import Label, Plan, Plant, check_least, check_share
from commonmode.economy.rows import join
from commonmode.economy.rushes import Rush, rushes, within
from commonmode.economy.talk import read
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class ParallelNews(Plant):
    """News about a resource is read by part of a role, who then move their prices alike.

    The news is in the log as content that all of them observed; the readers are newly drawn
    each time.

    Parameters
    ----------
    news : int
        How many pieces of news.
    reach : float
        Share of the role's agents that read and react.
    move : float
        How far prices move, as a share of the reference price.
    """

    name: ClassVar[str] = "parallel-news"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    news: int = 6
    reach: float = 0.3
    move: float = 0.08

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "reach", "move")
        check_least(self, news=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose the moments and what the news is about."""
        pieces = rushes(world, self.news, rng)

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            return [f for one in within(span, pieces) for f in self._react(world, one, rng)]

        return Plan(truths=tuple(piece.truth(world) for piece in pieces), act=act)

    def _react(self, world: World, piece: Rush, rng: np.random.Generator) -> list[pl.DataFrame]:
        who = piece.visitors(world, self.reach, rng)
        seen = piece.at + rng.integers(0, 5 * MINUTE, len(who))
        at = seen + rng.integers(30 * SECOND, 20 * MINUTE, len(who))
        scatter = np.exp(rng.normal(0, 0.01, len(who)))
        price = piece.place.reference(world, at) * (1 + self.move) * scatter
        alert = page(f"news/{piece.place.path(world)}/alert", len(who))
        return [
            read(who, seen, rng, page=alert, edition=join(alert, f"@{piece.at}")),
            *do(world, piece.place.acts(who, PRICE, at, price), rng),
        ]
