"""Sealed-bid auctions: bidders that take turns, and the tiers of evidence about them."""

from commonmode.detectors.collusion.auctions.bids import BIDS, CLEARED, bids, cleared
from commonmode.detectors.collusion.auctions.found import Auctions

__all__ = ["BIDS", "CLEARED", "Auctions", "bids", "cleared"]
