"""Tier B: dependence that shocks from outside do not explain."""

from __future__ import annotations

import math

import numpy as np

from commonmode.detectors.collusion.market import Market
from commonmode.detectors.collusion.tiers.tier import SIGNIFICANT, Tier
from commonmode.statistics.ballots import Integers
from commonmode.statistics.residual_dependence import (
    member_dependence,
    net_of_cost,
    turned_dependence,
)

DEPENDENCE = "dependence given shocks"
_STANDS = 1e-9
_ENOUGH_GROUPS = 20


def price_dependence(market: Market, members: Integers, rng: np.random.Generator) -> Tier:
    """Return tier B from prices: how they change together, given cost.

    Where enough other sellers are in the market, what moves all of them in a round is taken out
    and members are compared with other groups of sellers; else cost is all that is known of
    shocks, and where that is not logged the tier cannot be tested.

    Parameters
    ----------
    market : Market
        All who sell there regularly.
    members : ndarray of int
        The columns of the group.
    rng : numpy.random.Generator
        Draws the null.
    """
    others = math.comb(len(market.agents), len(members)) >= _ENOUGH_GROUPS
    if market.cost is None and not others:
        why = "costs are not logged and other sellers are too few: a shock would look the same"
        return Tier("B", DEPENDENCE, None, why)
    cost = np.ones_like(market.prices) if market.cost is None else market.cost
    left = net_of_cost(market.prices, cost)
    if (left[:, members].std(axis=0) > _STANDS).sum() < 2:  # noqa: PLR2004  a pair
        return Tier("B", DEPENDENCE, None, "prices hardly move once costs are taken out")
    if others:
        found = member_dependence(left, members, rng)
        null = "as many of the market's sellers, what moves all in a round taken out"
    else:
        found = turned_dependence(left[:, members], rng)
        null = "timelines turned around in the window; what moves all beside cost is not logged"
    return Tier(
        "B",
        DEPENDENCE,
        found.p_value <= SIGNIFICANT,
        f"changes of price beyond cost correlate by {found.correlation:.2f}",
        found.correlation,
        found.p_value,
        found.n,
        null,
    )
