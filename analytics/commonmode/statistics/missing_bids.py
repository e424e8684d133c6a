"""Missing bids: how often a bidder would have won by asking a little more or less."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy
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


class RaisedBids(NamedTuple):
    """What would have become of winning bids, had they asked more.

    Attributes
    ----------
    kept, wins : int
        Wins that would have been kept, of all.
    gain : float
        What would have been earned more, as a share of what was earned.
    break_even : float
        Share of wins that must be kept for asking more to pay.
    p_value : float
        Of so many wins kept if no more were than pays.
    """

    kept: int
    wins: int
    gain: float
    break_even: float
    p_value: float


def raised_bids(
    bids: ArrayLike, rivals: ArrayLike, cost: ArrayLike | float, shift: float
) -> RaisedBids:
    r"""Test whether winners left money lying: whether asking ρ more would have paid.

    .. math:: p = P(Bin(n, s) ≥ k),\quad s = \frac{Σ (b - c)}{Σ (b(1+ρ) - c)}

    with k of n wins kept at :math:`b(1+ρ) < m`. A bidder that plays its best reply, whatever it
    knows, would not gain by asking more every time: it keeps no more than s of its wins.

    Parameters
    ----------
    bids, rivals : array_like of shape (wins,)
        The winning bids, and the lowest bid of anyone else.
    cost : array_like of shape (wins,) or 0
        What winning cost. Nought, where it is not known, says least: s is then 1 / (1 + ρ).
    shift : float
        ρ, above 0.

    References
    ----------
    Chassang, Kawai, Nakabayashi, Ortner (2022), Robust Screens for Noncompetitive Bidding in
    Procurement Auctions, Econometrica 90(1).

    Examples
    --------
    Twenty wins at a margin of a tenth, and nobody else ever within five hundredths.

    >>> test = raised_bids([100.0] * 20, [105.0] * 20, cost=[90.0] * 20, shift=0.03)
    >>> test.kept, round(test.gain, 2), round(test.break_even, 2), test.p_value < 0.01
    (20, 0.3, 0.77, True)
    """
    won = np.asarray(bids, dtype=float)
    paid = np.broadcast_to(np.asarray(cost, dtype=float), won.shape)
    held = won * (1 + shift) < np.asarray(rivals, dtype=float)
    earned, more = float((won - paid).sum()), float((won * (1 + shift) - paid).sum())
    kept, wins = int(held.sum()), len(won)
    if not wins or earned <= 0:
        return RaisedBids(kept, wins, math.nan, math.nan, math.nan)
    gained = float((held * (won * (1 + shift) - paid)).sum())
    share = earned / more
    return RaisedBids(
        kept, wins, gained / earned - 1, share, float(scipy.stats.binom.sf(kept - 1, wins, share))
    )
