"""Innocent: who has just won is busy, which costs more, and so another wins next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.planting import Label, check_least
from commonmode.economy.rows import Floats
from commonmode.economy.sealed_bids import DEAREST, Bidding, SealedBids, among_rivals


@dataclass(frozen=True, kw_only=True)
class BusyWinners(SealedBids):
    """Winning costs a bidder capacity for a while: its next bids are dear, and others win.

    Winners change as in a ring that takes turns, because costs do; the costs are logged.

    Parameters
    ----------
    markets, auctions : int
        How many lots, and how often each is auctioned.
    bidders, fringe : int
        Regular bidders of each, who always come, and others.
    comes : float
        How often each of the others comes.
    busy : int
        For how many auctions a winner is.
    dearer : float
        How much more a job costs one that is.
    """

    name: ClassVar[str] = "busy-winners"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    busy: int = 2
    dearer: float = 0.25

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        super().__post_init__()
        check_least(self, busy=1, dearer=0)

    def bid(self, costs: Floats, rng: np.random.Generator) -> Bidding:
        """Bid as rivals do, on costs that rise with the work at hand."""
        del rng
        dearest = DEAREST * (1 + self.dearer)
        paid, bids = costs.copy(), np.empty_like(costs)
        until = np.zeros(costs.shape[1], dtype=int)
        for turn in range(len(costs)):
            paid[turn, until > turn] *= 1 + self.dearer
            bids[turn] = among_rivals(paid[turn : turn + 1], dearest)[0]
            until[np.nanargmin(bids[turn])] = turn + 1 + self.busy
        return bids, paid
