"""Missing bids: how often a bidder would have won by asking a little more or less."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def deviation_wins(bids: ArrayLike, rivals: ArrayLike, shift: float) -> float:
    r"""Return D(ρ), the chance that a bid would win a procurement auction if shifted by ρ.

    .. math:: D(ρ) = \overline{1\{b(1+ρ) < m\} + \tfrac12 1\{b(1+ρ) = m\}}

    with b a bid and m the lowest bid of its rivals, capped at the reserve price. The lowest bid
    wins. If D stays near D(0) for ρ > 0, the winners leave money on the table: asking more would
    have cost them almost no auction, which no competing bidder passes over, whatever it knows.

    Parameters
    ----------
    bids, rivals : array_like of shape (bids,)
        b and m, in one unit.
    shift : float
        ρ, above -1.

    Returns
    -------
    float
        Between 0 and 1; NaN without a bid. It never rises with ρ.

    References
    ----------
    Chassang, Kawai, Nakabayashi, Ortner (2022), Robust Screens for Noncompetitive Bidding in
    Procurement Auctions, Econometrica 90(1).

    Examples
    --------
    Two auctions of two bidders; each winner was lower by a tenth.

    >>> bids, rivals = [90.0, 100.0, 100.0, 90.0], [100.0, 90.0, 90.0, 100.0]
    >>> [deviation_wins(bids, rivals, shift) for shift in (-0.2, 0.0, 0.05, 0.2)]
    [1.0, 0.5, 0.5, 0.0]
    """
    shifted = np.asarray(bids, dtype=float) * (1 + shift)
    if not shifted.size:
        return math.nan
    lowest = np.asarray(rivals, dtype=float)
    # A shifted bid equals a rival's as a number of the log does, not to the last bit.
    tied = np.isclose(shifted, lowest, rtol=1e-12, atol=0)
    return float(np.mean(np.where(tied, 0.5, shifted < lowest)))


def lowest_rival(auction: ArrayLike, bids: ArrayLike, reserve: float = math.inf) -> np.ndarray:
    """Return m of every bid: the lowest other bid of its auction, at most the reserve price.

    Parameters
    ----------
    auction : array_like of shape (bids,)
        Which auction each bid was made in.
    bids : array_like of shape (bids,)
        The bids.
    reserve : float
        The price above which nobody buys.

    Examples
    --------
    >>> lowest_rival([1, 1, 1, 2], [90.0, 100.0, 95.0, 80.0], reserve=120.0).tolist()
    [95.0, 90.0, 90.0, 120.0]
    """
    price = np.asarray(bids, dtype=float)
    order = np.lexsort((price, np.asarray(auction)))
    name = np.asarray(auction)[order]
    starts = np.flatnonzero(np.r_[True, name[1:] != name[:-1]]) if len(name) else np.array([], int)
    sizes = np.diff(np.r_[starts, len(name)])
    first, place = np.repeat(starts, sizes), np.arange(len(name))
    # The lowest bid's rival is the second lowest; everyone else's is the lowest.
    rival = np.where(place == first, np.minimum(place + 1, len(name) - 1), first)
    alone = np.repeat(sizes == 1, sizes)
    lowest = np.where(alone, math.inf, price[order][rival])
    found = np.empty_like(price)
    found[order] = np.minimum(lowest, reserve)
    return found
