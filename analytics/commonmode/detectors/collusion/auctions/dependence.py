"""Tier B of bidders: Bajari and Ye's two tests, conditional independence and exchangeability."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from commonmode.detectors.collusion.auctions.book import costs_known, table
from commonmode.detectors.collusion.tiers.dependence import DEPENDENCE
from commonmode.detectors.collusion.tiers.tier import SIGNIFICANT, Tier
from commonmode.statistics.bid_dependence import (
    BidDependence,
    bid_residuals,
    independent_bids,
    members_bids,
)
from commonmode.statistics.exchangeability import Exchange, exchangeable_bids

_ENOUGH_GROUPS, _LEAST_AUCTIONS = 20, 10
_TWO = 2


def bid_dependence(theirs: pl.DataFrame, members: Sequence[str], rng: np.random.Generator) -> Tier:
    """Return tier B: bids that move together beyond own costs and the number of bidders.

    Where enough others bid in at least half of the auctions, what moves all bidders of one is
    taken out and members are compared with other groups of them; else costs are all that is
    known of shocks, and where they are not logged the tier cannot be tested. A shock that moves
    all bids and is not logged would then look the same; so members' bids must also follow costs
    unlike those of others in the same auctions, where others came often enough to tell.

    Parameters
    ----------
    theirs : polars.DataFrame
        Bids of the auctions to which two of them came.
    members : sequence of str
        Two or more.
    rng : numpy.random.Generator
        Draws the nulls.
    """
    order = theirs["auction"].unique(maintain_order=True).to_list()
    often = theirs.group_by("agent").len().filter(pl.col("len") * _TWO >= len(order))
    regular = [*members, *sorted(set(often["agent"]) - set(members))]
    known = costs_known(theirs.filter(pl.col("agent").is_in(regular)))
    others = math.comb(len(regular), len(members)) >= _ENOUGH_GROUPS
    if not known and not others:
        why = "costs are not logged and other bidders are too few: a shock would look the same"
        return Tier("B", DEPENDENCE, None, why)
    asked = regular if others else list(members)
    cost = table(theirs, "cost", asked, order) if known else None
    came = theirs.unique("auction", maintain_order=True)["came"].to_numpy()
    left = bid_residuals(table(theirs, "bid", asked, order), cost, came)
    exchange = _exchange(theirs, members, order, rng)
    if others:
        found = members_bids(left, np.arange(len(members)), rng)
        return _together(found, exchange)
    return _alone(independent_bids(left, rng), exchange)


def _exchange(
    theirs: pl.DataFrame, members: Sequence[str], order: list[str], rng: np.random.Generator
) -> Exchange | str:
    """Return how far members' bids follow costs unlike others', or why that cannot be told."""
    everyone = [*members, *sorted(set(theirs["agent"]) - set(members))]
    bids, cost = (table(theirs, name, everyone, order) for name in ("bid", "cost"))
    found = exchangeable_bids(bids, cost, np.arange(len(members)), rng)
    if found.auctions < _LEAST_AUCTIONS or math.isnan(found.statistic):
        return (
            f"others whose cost is logged bid in {found.auctions} of their auctions; "
            f"it takes {_LEAST_AUCTIONS}"
        )
    return found


def _together(found: BidDependence, exchange: Exchange | str) -> Tier:
    null = "as many of the auctions' bidders, what moves all in an auction taken out"
    return _tier(found, found.p_value, f"{_correlate(found)}; {_told(exchange)}", null)


def _alone(found: BidDependence, exchange: Exchange | str) -> Tier:
    null = "own bids dealt out anew"
    if isinstance(exchange, str):
        null += "; what moves all beside cost and their number is not logged"
        return _tier(found, found.p_value, f"{_correlate(found)}; {_told(exchange)}", null)
    why = f"{_correlate(found)} (p = {found.p_value:.2g}) and {_told(exchange)}"
    null += ", and bids exchanged in each auction: the larger p"
    return _tier(found, max(found.p_value, exchange.p_value), why, null)


def _tier(found: BidDependence, p_value: float, why: str, null: str) -> Tier:
    held = p_value <= SIGNIFICANT
    return Tier("B", DEPENDENCE, held, why, found.correlation, p_value, found.n, null)


def _correlate(found: BidDependence) -> str:
    return f"bids beyond own cost correlate by {found.correlation:.2f}"


def _told(exchange: Exchange | str) -> str:
    if isinstance(exchange, str):
        return f"exchangeability could not be tested ({exchange})"
    unlike = exchange.p_value <= SIGNIFICANT
    return (
        f"members {'are not' if unlike else 'may be'} exchangeable with others: the slope of their "
        f"bids on own cost differs by {exchange.own:+.2f}, on rivals' by {exchange.rivals:+.2f} "
        f"(F = {exchange.statistic:.1f}, p = {exchange.p_value:.2g}, n = {exchange.n} bids in "
        f"{exchange.auctions} auctions; null: exchanged in each)"
    )
