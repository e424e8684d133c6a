"""The parameters of collusion, as its parts read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


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
    response: timedelta = timedelta(hours=1)
