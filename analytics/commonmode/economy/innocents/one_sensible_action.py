"""Innocent: situations in which one action is sensible, and nearly everyone takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.decisions import Contexts
from commonmode.economy.planting import Label, Plan, Plant, check_share, every_family
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class OneSensibleAction(Plant):
    """In many situations the right option is plain, and almost everybody takes it.

    Raw agreement is about .8; nothing of it is owed to a family.

    Parameters
    ----------
    share : float
        Share of situations that are plain.
    mass : float
        Share of choices that the plain option draws.
    """

    name: ClassVar[str] = "one-sensible-action"
    phenomenon: ClassVar[str] = "monoculture"
    label: ClassVar[Label] = "innocent"

    share: float = 0.5
    mass: float = 0.97

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "share", "mass")

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Make situations plain for every family."""
        del rng

        def situate(contexts: Contexts, rng: np.random.Generator) -> None:
            plain = rng.random(len(contexts)) < self.share
            contexts.concentrate(plain, contexts.correct, self.mass)

        return Plan(truths=every_family(world), situate=situate)
