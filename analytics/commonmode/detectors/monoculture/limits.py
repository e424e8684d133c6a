"""The parameters of monoculture, as its parts read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What `Monoculture` documents as its parameters."""

    rate: float = 0.05
    least_kappa: float = 0.02
    least_agents: int = 3
    least_contexts: int = 10
    draws: int = 499
    most_null_votes: int = 60_000
    weight_cap: float = 50.0
    most_in_part: int = 8
    most_named: int = 50
