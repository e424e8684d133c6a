"""Planted cascade: every cancellation brings about others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.cancelling import Cancelling
from commonmode.economy.clock import MINUTE, Span
from commonmode.economy.planting import BadKnobError, Label
from commonmode.economy.rows import Ints

_WORST = 0.95


@dataclass(frozen=True, kw_only=True)
class Cascade(Cancelling):
    """Agents of a family cancel when others of it did: each cancellation brings about `ratio` more.

    Hawkes' process: those that nothing brought about come with the time of day, the others soon
    after the one that brought them about. A cascade has 1 / (1 - ratio) of them on average.

    Parameters
    ----------
    cancelled : int
        How many orders, about, in all.
    ratio : float
        n, the branching ratio, at most .95.
    after : float
        Minutes after the one that brought it about, on average (exponential).

    References
    ----------
    Hawkes (1971), Spectra of some self-exciting and mutually exciting point processes, Biometrika.
    """

    name: ClassVar[str] = "cascade"
    phenomenon: ClassVar[str] = "cascade"
    label: ClassVar[Label] = "culprit"

    ratio: float = 0.7
    after: float = 2.0

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        super().__post_init__()
        if not 0 <= self.ratio <= _WORST:
            msg = f"{self.name}: `ratio` must be from 0 to {_WORST}; found {self.ratio:g}."
            raise BadKnobError(msg)

    def branching(self) -> float | None:
        """Return n."""
        return self.ratio

    def times(self, span: Span, count: int, rng: np.random.Generator) -> Ints:
        """Return the instants, generation by generation."""
        generation = span.draw(max(1, round(count * (1 - self.ratio))), rng)
        born = [generation]
        while len(generation):
            parents = np.repeat(generation, rng.poisson(self.ratio, len(generation)))
            waits = rng.exponential(self.after * MINUTE, len(parents)).astype(np.int64)
            generation = parents + waits
            generation = generation[span.holds(generation)]
            born.append(generation)
        return np.concatenate(born)
