"""All four tiers of one group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from commonmode.detectors.collusion.market import Market
from commonmode.detectors.collusion.tiers.dependence import price_dependence
from commonmode.detectors.collusion.tiers.outcome import REPLY, SCREENS, profit_tiers
from commonmode.detectors.collusion.tiers.response import RESPONSE, Answered, response_tier
from commonmode.detectors.collusion.tiers.screens import price_screen
from commonmode.detectors.collusion.tiers.tier import Tier


def of_market(
    table: pl.DataFrame,
    whole: Market,
    members: Sequence[str],
    known: Answered | str,
    rng: np.random.Generator,
) -> tuple[Tier, ...]:
    """Return the tiers of sellers of one market.

    Parameters
    ----------
    table : polars.DataFrame
        Tally of prices.
    whole : Market
        All who sell there regularly.
    members : sequence of str
        The group, two or more of them.
    known : Answered or str
        How its cuts were answered.
    rng : numpy.random.Generator
        Draws the nulls.
    """
    columns = np.array([whole.agents.index(agent) for agent in members])
    outcome, reply = profit_tiers(whole, columns)
    if outcome.held is None:
        outcome = price_screen(table, whole.resource, outcome.why)
    dependence = price_dependence(whole, columns, rng)
    return outcome, dependence, response_tier(known, columns), reply


def without_market(dependence: Tier, least_posts: int) -> tuple[Tier, ...]:
    """Return the tiers of a group that posts too few prices to judge them by."""
    why = f"no two of them left {least_posts} prices on one resource in the window"
    return (
        Tier("A", SCREENS, None, why),
        dependence,
        Tier("C", RESPONSE, None, why),
        Tier("D", REPLY, None, why),
    )
