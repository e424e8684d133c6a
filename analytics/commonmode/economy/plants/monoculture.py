"""Planted monoculture: a family whose agents copy one draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.decisions import Contexts, Votes
from commonmode.economy.planting import Label, Plan, Plant, Truth, check_least, check_share
from commonmode.economy.rows import Ints
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class Monoculture(Plant):
    """Agents of a family decide as the family's one draw with probability `strength`.

    Formula: κ = strength², exactly, because two agents agree through the family only when both
    copy, and the family draws as every agent does on its own (`wrong` = 0).

    Parameters
    ----------
    strength : float
        λ, the probability of copying.
    families : int
        How many families do so, each for itself.
    wrong : float
        How often the family's draw is the most popular wrong option instead.

    References
    ----------
    Kim et al. (2025), Correlated Errors in Large Language Models, arXiv:2506.07962.
    """

    name: ClassVar[str] = "monoculture"
    phenomenon: ClassVar[str] = "monoculture"
    label: ClassVar[Label] = "culprit"

    strength: float = 0.4
    families: int = 1
    wrong: float = 0.0

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "strength", "wrong")
        check_least(self, families=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose the families."""
        names = [name for name, _, _ in world.population.families]
        copying = np.sort(rng.permutation(len(names))[: self.families])

        def vote(
            contexts: Contexts, votes: Votes, rng: np.random.Generator
        ) -> Sequence[pl.DataFrame]:
            drawn = self._draws(contexts, len(names), rng)
            family = world.population.family[votes.who]
            copies = np.isin(family, copying) & (rng.random(len(family)) < self.strength)
            votes.choice = np.where(copies, drawn[votes.context, family], votes.choice)
            return ()

        truths = tuple(
            Truth(f"family:{names[number]}", value=None if self.wrong else self.strength**2)
            for number in (copying if self.strength > 0 else ())
        )
        return Plan(truths=truths, vote=vote)

    def _draws(self, contexts: Contexts, families: int, rng: np.random.Generator) -> Ints:
        own = contexts.dictate(families, rng)
        astray = rng.random(own.shape) < self.wrong
        return np.where(astray, contexts.wrong_mode()[:, None], own)
