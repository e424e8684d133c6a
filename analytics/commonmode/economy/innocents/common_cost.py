"""Innocent: a cost that all bidders share moves all their bids, and none of them logs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.planting import Label, check_share
from commonmode.economy.rows import Floats
from commonmode.economy.sealed_bids import Bidding, SealedBids, among_rivals


@dataclass(frozen=True, kw_only=True)
class CommonCost(SealedBids):
    """Every auction has a cost of its own that all bidders share; their bids move as one.

    Own costs differ little beside it, so bids lie close together, and nothing logged explains
    why they move. Nobody follows anybody.

    Parameters
    ----------
    markets, auctions : int
        How many lots, and how often each is auctioned.
    bidders, fringe : int
        Regular bidders of each, who always come, and others.
    comes : float
        How often each of the others comes.
    swing : float
        How far the shared cost moves from one auction to the next, in log.
    own : float
        How much of a bidder's own difference is left beside it.
    """

    name: ClassVar[str] = "common-cost"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "innocent"

    swing: float = 0.25
    own: float = 0.3

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        super().__post_init__()
        check_share(self, "swing", "own")

    def bid(self, costs: Floats, rng: np.random.Generator) -> Bidding:
        """Bid as rivals do on what the cost of the auction makes of it."""
        shared = np.exp(rng.normal(0, self.swing, (len(costs), 1)))
        return among_rivals(costs) ** self.own * shared, None
