"""Planted collusion that nobody scripted: sellers who learned to price high and to punish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonmode.economy.learners import Learning
from commonmode.economy.planting import Label
from commonmode.economy.pricing import Pricing


@dataclass(frozen=True, kw_only=True)
class Learners(Pricing):
    """Q-learners that remember the last prices: dear, and a cut is answered and then forgiven.

    They learned before the economy starts, on a market like their own, and were never told to
    collude. In it they go on trying other prices now and then, which is how punishment shows.

    Parameters
    ----------
    markets, sellers : int
        How many resources, and learners on each.
    tries : float
        Share of rounds in which a learner tries a price at random.

    References
    ----------
    Calvano et al. (2020), Artificial Intelligence, Algorithmic Pricing, and Collusion, AER 110(10).
    """

    name: ClassVar[str] = "learners"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "culprit"

    def learning(self) -> Learning:
        """Return learners as published."""
        return Learning()
