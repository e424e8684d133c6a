"""Tier C: cuts that others answer at once and forgive later."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commonmode.detectors.collusion.market import Market
from commonmode.detectors.collusion.tiers.tier import SIGNIFICANT, Tier
from commonmode.statistics.ballots import Integers
from commonmode.statistics.footprint_response import (
    Footprints,
    Response,
    Rest,
    decaying_response,
    footprints,
    resting,
)

RESPONSE = "footprint response"
LEAST_CUTS = 5
MOSTLY = 0.5
"""Share of cuts that must be answered: one deep try of another's at the right time is no answer."""
HORIZON = 8


class Answered(NamedTuple):
    """A market's cuts and how they were answered."""

    rest: Rest
    found: Footprints
    response: Response

    def share(self, members: Integers) -> float:
        """Return how many of members' cuts a member priced below within two rounds, of all."""
        theirs = self.found.among(members).answers
        return float((theirs[:, :2].max(axis=1) > self.rest.threshold).mean()) if len(theirs) else 0


def answered(market: Market, rng: np.random.Generator, draws: int) -> Answered | str:
    """Return how the cuts of a market were answered, or why that cannot be told."""
    prices = market.over_cost
    if len(prices) <= 2 * HORIZON:
        return f"{len(prices)} rounds of prices are too few to follow an answer"
    rest = resting(prices)
    found = footprints(prices, rest, HORIZON)
    if len(found.answers) < LEAST_CUTS:
        return (
            f"sellers cut a price out of a rest, watched by another, {len(found.answers)} times; "
            f"it takes {LEAST_CUTS}"
        )
    if len(found.placebo) < LEAST_CUTS:
        return "prices rest too seldom to compare with"
    return Answered(rest, found, decaying_response(found, rng, draws=draws))


def response_tier(known: Answered | str, members: Integers) -> Tier:
    """Return tier C: answers are no chance in the market, and members answer most cuts."""
    if isinstance(known, str):
        return Tier("C", RESPONSE, None, known)
    response = known.response
    share = known.share(members)
    prompt, left = float(response.path[:2].mean()), float(response.path[-2:].mean())
    return Tier(
        "C",
        RESPONSE,
        response.p_value <= SIGNIFICANT and share >= MOSTLY,
        f"they answer {share:.0%} of each other's cuts; others price {prompt:.1%} lower in the two "
        f"rounds after one, and {left:.1%} lower {HORIZON} rounds after it",
        response.statistic,
        response.p_value,
        response.n,
        f"authors and times of cuts shuffled among {response.placebos} rounds as quiet before",
    )
