"""Innocent: now and then something outside makes many cancel within minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.cancelling import Cancelling
from commonmode.economy.clock import MINUTE, Span
from commonmode.economy.planting import Label, check_least, check_share
from commonmode.economy.rows import Ints


@dataclass(frozen=True, kw_only=True)
class OutsideShock(Cancelling):
    """A few shocks make many cancel, each for itself; none brings about another.

    Parameters
    ----------
    cancelled : int
        How many orders, about, in all.
    shocks : int
        How many shocks.
    share : float
        Share of the cancellations that come with a shock.
    lasts : float
        Minutes that each is felt.
    """

    name: ClassVar[str] = "outside-shock"
    phenomenon: ClassVar[str] = "cascade"
    label: ClassVar[Label] = "innocent"

    shocks: int = 3
    share: float = 0.3
    lasts: float = 20.0

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        super().__post_init__()
        check_least(self, shocks=1, lasts=0.1)
        check_share(self, "share")

    def times(self, span: Span, count: int, rng: np.random.Generator) -> Ints:
        """Return everyday instants, and those of the shocks."""
        shocked = rng.random(count) < self.share
        begun = rng.choice(span.draw(self.shocks, rng), count)
        felt = begun + (rng.uniform(0, self.lasts, count) * MINUTE).astype(np.int64)
        return np.where(shocked, felt, rng.permutation(span.draw(count, rng)))
