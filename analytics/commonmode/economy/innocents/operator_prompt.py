"""Innocent: one operator's system prompt, shared by its agents of every family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.decisions import Contexts, Votes
from commonmode.economy.planting import Label, Plan, Plant, Truth, check_least, check_share
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class OperatorPrompt(Plant):
    """An operator's agents decide as its prompt's one draw with probability `strength`.

    As operators favour a house family, that family agrees more than others: through the prompt.

    Parameters
    ----------
    strength : float
        Probability of following the prompt.
    operators : int
        How many operators have such a prompt.
    """

    name: ClassVar[str] = "operator-prompt"
    phenomenon: ClassVar[str] = "monoculture"
    label: ClassVar[Label] = "innocent"

    strength: float = 0.6
    operators: int = 2

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "strength")
        check_least(self, operators=1)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose the operators."""
        names = world.population.operators
        prompted = rng.permutation(len(names))[: self.operators]

        def vote(
            contexts: Contexts, votes: Votes, rng: np.random.Generator
        ) -> Sequence[pl.DataFrame]:
            drawn = contexts.dictate(len(names), rng)
            operator = world.population.operator[votes.who]
            follows = np.isin(operator, prompted) & (rng.random(len(operator)) < self.strength)
            votes.choice = np.where(follows, drawn[votes.context, operator], votes.choice)
            return ()

        return Plan(truths=tuple(Truth(f"operator:{names[n]}") for n in prompted), vote=vote)
