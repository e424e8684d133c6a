"""Dependence of sealed bids that neither own costs nor what moves every bidder explain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.permutation import upper_p_value

_NOTHING = 1e-12


class BidDependence(NamedTuple):
    """Mean correlation over pairs of members, its p-value, and the bids it rests on."""

    correlation: float
    p_value: float
    n: int


def bid_residuals(bids: Floats, cost: Floats | None, came: Integers) -> Floats:
    r"""Return what is left of log bids beyond bidders' usual ones, own costs and how many came.

    .. math:: ε_{it} = \ln b_{it} - \hat a_i - \hat β \ln c_{it} - \hat δ_{n_t}

    with β common to the bidders and δ the mean of what is left in auctions that as many came to.
    Under competition a bidder knows its own cost and nobody else's, so that ε of two bidders are
    independent.

    Parameters
    ----------
    bids, cost : ndarray of shape (auctions, bidders)
        Positive; NaN where one did not bid. None where costs are not known.
    came : ndarray of int of shape (auctions,)
        n, how many bid in each, whoever they were: more rivals, lower bids.

    References
    ----------
    Bajari and Ye (2003), Deciding Between Competition and Collusion, REStat 85(4).

    Examples
    --------
    >>> cost = np.array([[1.0, 2.0], [1.1, np.nan], [1.3, 2.2]])
    >>> left = bid_residuals(3 * cost**0.8, cost, came=np.array([2, 1, 2]))
    >>> bool(np.nanmax(np.abs(left)) < 1e-9)
    True
    """
    left = _centred(np.log(bids), axis=0)
    return _beyond_number(left if cost is None else _beyond_cost(left, bids, cost), came)


def _beyond_cost(left: Floats, bids: Floats, cost: Floats) -> Floats:
    paid = _centred(np.where(np.isfinite(bids), np.log(cost), np.nan), axis=0)
    moves = float(np.nansum(paid**2))
    slope = float(np.nansum(left * paid)) / moves if moves > _NOTHING else 0.0
    return left - slope * paid


def _beyond_number(left: Floats, came: Integers) -> Floats:
    beyond = left.copy()
    for number in np.unique(came):
        alike = came == number
        known = left[alike][np.isfinite(left[alike])]
        beyond[alike] -= known.mean() if len(known) else 0.0
    return beyond


def independent_bids(
    residuals: Floats, rng: np.random.Generator, draws: int = 999
) -> BidDependence:
    """Test whether bidders' residuals move together, by dealing each one's out anew.

    Each draw deals every bidder's residuals out among the auctions that it bid in.

    Parameters
    ----------
    residuals : ndarray of shape (auctions, bidders)
        Of `bid_residuals`.
    rng : numpy.random.Generator
        Draws the deals.
    draws : int
        How many.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> alone = rng.normal(size=(60, 4))
    >>> covered = alone + rng.normal(size=(60, 1))
    >>> [independent_bids(x, rng).p_value <= 0.05 for x in (alone, covered)]
    [False, True]
    """

    def dealt() -> Floats:
        anew = residuals.copy()
        for bidder in anew.T:
            there = np.isfinite(bidder)
            bidder[there] = rng.permutation(bidder[there])
        return anew

    everyone = np.arange(residuals.shape[1])
    null = np.array([_among(_alike(dealt()), everyone) for _ in range(draws)])
    return _judged(_among(_alike(residuals), everyone), null, residuals)


def members_bids(
    residuals: Floats, members: Integers, rng: np.random.Generator, draws: int = 999
) -> BidDependence:
    """Test whether members' residuals move together more than those of as many other bidders.

    What moves every bidder of an auction is taken out first (the auction's mean), and membership
    is drawn anew among all bidders, which centres the correlation where that taking out puts it.

    Parameters
    ----------
    residuals : ndarray of shape (auctions, bidders)
        Of all bidders.
    members : ndarray of int
        Columns of the group.
    rng : numpy.random.Generator
        Draws the groups.
    draws : int
        How many.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shocks = rng.normal(size=(100, 8)) + rng.normal(size=(100, 1))
    >>> ring = shocks + np.r_[1, 1, 1, 0, 0, 0, 0, 0] * rng.normal(size=(100, 1))
    >>> [members_bids(x, np.arange(3), rng).p_value <= 0.05 for x in (shocks, ring)]
    [False, True]
    """
    alike = _alike(_centred(residuals, axis=1))
    bidders = residuals.shape[1]
    groups = (rng.choice(bidders, len(members), replace=False) for _ in range(draws))
    null = np.array([_among(alike, group) for group in groups])
    return _judged(_among(alike, members), null, residuals[:, members])


def _judged(seen: float, null: Floats, residuals: Floats) -> BidDependence:
    p = float(upper_p_value(np.array([seen]), null[:, None])[0])
    return BidDependence(seen, p, int(np.isfinite(residuals).sum()))


def _centred(table: Floats, axis: int) -> Floats:
    known = np.isfinite(table)
    count = np.maximum(known.sum(axis=axis, keepdims=True), 1)
    mean = np.where(known, table, 0).sum(axis=axis, keepdims=True) / count
    centred: Floats = table - mean
    return centred


def _alike(residuals: Floats) -> Floats:
    """Return the correlation of each pair over the auctions in which both bid."""
    known = np.isfinite(residuals)
    filled = np.where(known, residuals, 0.0)
    size = (filled**2).T @ known
    scale = np.sqrt(size * size.T)
    alike: Floats = np.divide(
        filled.T @ filled, scale, out=np.zeros_like(scale), where=scale > _NOTHING
    )
    return alike


def _among(alike: Floats, group: Integers) -> float:
    size = len(group)
    block = alike[np.ix_(group, group)]
    return float((block.sum() - np.trace(block)) / (size * (size - 1)))
