"""Innocent: the same bidders meet in auction after auction, and compete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.planting import Label
from commonmode.economy.rows import Floats
from commonmode.economy.sealed_bids import Bidding, SealedBids, competing


@dataclass(frozen=True, kw_only=True)
class RivalBidders(SealedBids):
    """Regular bidders of a lot bid what their own cost and the number of rivals suggest.

    They have the costs of a ring that takes turns, meet as often, and nobody follows anybody.

    Parameters
    ----------
    markets, auctions : int
        How many lots, and how often each is auctioned.
    bidders, fringe : int
        Regular bidders of each, who always come, and others.
    comes : float
        How often each of the others comes.
    """

    name: ClassVar[str] = "rival-bidders"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    def bid(self, costs: Floats, rng: np.random.Generator) -> Bidding:
        """Bid as rivals do."""
        return competing(costs, rng)
