"""Innocent: a public shock moves everyone alike, whatever the family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.decisions import Contexts
from commonmode.economy.planting import Label, Plan, Plant, check_share, every_family
from commonmode.economy.world import World


@dataclass(frozen=True, kw_only=True)
class CommonShock(Plant):
    """In half of all situations one option becomes popular with everybody.

    Raw agreement is high within families, and as high between them.

    Parameters
    ----------
    share : float
        Share of situations that are shocked.
    mass : float
        Share of choices that the shock draws to its option.
    """

    name: ClassVar[str] = "common-shock"
    phenomenon: ClassVar[str] = "monoculture"
    label: ClassVar[Label] = "innocent"

    share: float = 0.5
    mass: float = 0.7

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "share", "mass")

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Shock every family."""
        del rng

        def situate(contexts: Contexts, rng: np.random.Generator) -> None:
            shocked = rng.random(len(contexts)) < self.share
            mode = rng.integers(0, contexts.options)
            contexts.concentrate(shocked, mode, self.mass)

        return Plan(truths=every_family(world), situate=situate)
