"""Planted collusion in sealed-bid auctions: a ring takes turns, the losers bid cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from commonmode.economy.planting import Label, Plan, check_least, check_share
from commonmode.economy.rows import Floats
from commonmode.economy.sealed_bids import Bidding, SealedBids, among_rivals, auctioning, competing
from commonmode.economy.world import World

_COVERS = (0.03, 0.09)


@dataclass(frozen=True, kw_only=True)
class Rotation(SealedBids):
    """The regular bidders of a lot take turns: one bids to win, the others bid cover above it.

    Whoever's turn it is bids a little more than among rivals; the turn passes on once it has won.
    In some auctions the ring does not hold and all compete. Nobody writes to anybody. As many
    lots again are auctioned to bidders who do compete.

    Parameters
    ----------
    markets, auctions : int
        How many lots with a ring, and how often each is auctioned.
    bidders, fringe : int
        Members of each ring, and others who bid now and then.
    comes : float
        How often each of the others comes.
    lift : float
        How much more than among rivals the one whose turn it is asks.
    holds : float
        Share of auctions in which the ring holds.
    honest : int
        Lots whose bidders compete.

    References
    ----------
    Porter and Zona (1993), Detection of Bid Rigging in Procurement Auctions, JPE 101(3).
    """

    name: ClassVar[str] = "rotation"
    phenomenon: ClassVar[str] = "collusion"
    label: ClassVar[Label] = "culprit"

    lift: float = 0.03
    holds: float = 0.95
    honest: int = 2

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        super().__post_init__()
        check_share(self, "lift", "holds")
        check_least(self, honest=0)

    @property
    def lots(self) -> int:
        """How many lots are auctioned, with a ring and without."""
        return self.markets + self.honest

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose rings, and lots whose bidders compete, which have no label."""
        found = self.groups(world, self.lots, rng)
        rings, others = found[: self.markets], found[self.markets :]
        houses = [
            *(self.house(world, ring, self.bid, rng) for ring in rings),
            *(self.house(world, group, competing, rng) for group in others),
        ]
        truths = tuple(self.truth(world, ring) for ring in rings)
        return Plan(truths=truths, act=auctioning(world, houses))

    def bid(self, costs: Floats, rng: np.random.Generator) -> Bidding:
        """Let members take turns, and all compete where the ring does not hold."""
        bids = among_rivals(costs)
        covers = 1 + rng.uniform(*_COVERS, costs.shape)
        order = rng.permutation(self.bidders)
        turn = 0
        for number in np.flatnonzero(rng.random(len(costs)) < self.holds):
            chosen = order[turn % self.bidders]
            asked = bids[number, chosen] * (1 + self.lift)
            bids[number, : self.bidders] = asked * covers[number, : self.bidders]
            bids[number, chosen] = asked
            turn += int(np.nanargmin(bids[number]) == chosen)
        return bids, costs
