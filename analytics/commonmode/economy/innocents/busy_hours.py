"""Innocent: orders are cancelled when there is most to do, each for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.cancelling import Cancelling
from commonmode.economy.clock import Span
from commonmode.economy.planting import Label
from commonmode.economy.rows import Ints


@dataclass(frozen=True, kw_only=True)
class BusyHours(Cancelling):
    """Cancellations come and go with the time of day; none brings about another.

    Parameters
    ----------
    cancelled : int
        How many orders, about, in all.
    """

    name: ClassVar[str] = "busy-hours"
    phenomenon: ClassVar[str] = "cascade"
    label: ClassVar[Label] = "innocent"

    def times(self, span: Span, count: int, rng: np.random.Generator) -> Ints:
        """Return instants as dense as the time of day asks for."""
        return span.draw(count, rng)
