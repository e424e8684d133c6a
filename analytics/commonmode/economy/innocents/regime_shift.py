"""Innocent: from some hour on there is more to cancel, for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.cancelling import Cancelling
from commonmode.economy.clock import Span
from commonmode.economy.planting import Label, check_least
from commonmode.economy.rows import Ints


@dataclass(frozen=True, kw_only=True)
class RegimeShift(Cancelling):
    """Cancellations become more frequent at one instant and stay so; none brings about another.

    Parameters
    ----------
    cancelled : int
        How many orders, about, in all.
    times_more : float
        How many times as many there are afterwards.
    """

    name: ClassVar[str] = "regime-shift"
    phenomenon: ClassVar[str] = "cascade"
    label: ClassVar[Label] = "innocent"

    times_more: float = 3.0

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        super().__post_init__()
        check_least(self, times_more=1)

    def times(self, span: Span, count: int, rng: np.random.Generator) -> Ints:
        """Return instants, fewer of which come before the shift than after it."""
        shift = span.start + round(rng.uniform(0.3, 0.7) * (span.end - span.start))
        before, after = Span(span.start, shift), Span(shift, span.end)
        early, late = before.mass(), self.times_more * after.mass()
        first = rng.binomial(count, early / (early + late))
        return np.concatenate([before.draw(first, rng), after.draw(count - first, rng)])
