"""The parameters of collusion, as its parts read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

_NOTHING = 1e-12
"""A share of nothing finds nothing."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What `Collusion` documents as its parameters."""

    bin: timedelta = timedelta(minutes=5)
    widths: tuple[int, ...] = (1, 3)
    pause: timedelta = timedelta(minutes=15)
    part_of_day: timedelta = timedelta(hours=3)
    most_agents: int = 30
    rate: float = 0.05
    least_met: int = 3
    least_ratio: float = 3.0
    least_posts: int = 20
    turns: float = 0.015
    markets_share: float = 0.1
    auctions_share: float = 0.1

    @property
    def pair_looks(self) -> float:
        """How many times pairs are looked at, as q pays for it: every width, less the others."""
        return len(self.widths) / (1 - self.markets_share - self.auctions_share)

    @property
    def market_looks(self) -> float:
        """How many times markets are looked at, as q pays for it."""
        return 1 / self.markets_share

    @property
    def auction_looks(self) -> float:
        """How many times bidders are looked at, as q pays for it."""
        return 1 / max(self.auctions_share, _NOTHING)
