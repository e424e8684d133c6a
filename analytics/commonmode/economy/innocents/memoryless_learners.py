"""Innocent: learners without memory that ended up dear, and cannot answer one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonmode.economy.learners import Learning
from commonmode.economy.planting import Label
from commonmode.economy.pricing import Pricing


@dataclass(frozen=True, kw_only=True)
class MemorylessLearners(Pricing):
    """Q-learners that see no rival's price: as dear as those that do, and they never answer.

    Profit is near the joint optimum and none plays its best reply, yet without memory there is
    nothing to punish with: spurious collusion.

    Parameters
    ----------
    markets, sellers : int
        How many resources, and learners on each.
    tries : float
        Share of rounds in which a learner tries a price at random.

    References
    ----------
    Calvano et al. (2023), Algorithmic collusion: Genuine or spurious?, IJIO 90.
    """

    name: ClassVar[str] = "memoryless-learners"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    def learning(self) -> Learning:
        """Return learners as published, without memory."""
        return Learning(remembers=False)
