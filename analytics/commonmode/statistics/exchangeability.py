"""Exchangeability of bidders: whether bids follow costs alike, whoever bids and against whom."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.permutation import upper_p_value

_NOTHING = 1e-18


class Exchange(NamedTuple):
    """How far members' bids follow costs unlike those of others.

    Attributes
    ----------
    statistic : float
        F; NaN where it cannot be worked out.
    own, rivals : float
        How much more steeply members' bids follow their own cost, and their rivals'.
    p_value : float
        Of so large an F if labels could be exchanged.
    n, auctions : int
        Bids that it rests on, and the auctions to which both members and others came.
    """

    statistic: float
    own: float
    rivals: float
    p_value: float
    n: int
    auctions: int


def exchangeable_bids(
    bids: Floats, cost: Floats, members: Integers, rng: np.random.Generator, draws: int = 999
) -> Exchange:
    r"""Test whether members' bids follow costs as others' do: exchangeability of Bajari and Ye.

    .. math:: \ln b_{it} = μ_t + θ \ln c_{it}
        + m_i (δ_0 + δ_1 \ln c_{it} + δ_2 \overline{\ln c_{-i,t}}) + ε_{it}

    with :math:`m_i` whether bidder i is a member and :math:`\overline{\ln c_{-i,t}}` the mean over
    its rivals in auction t. Competing bidders who know as much follow one bid function, so that
    exchanging who bids changes nothing: :math:`δ_1 = δ_2 = 0`, tested by

    .. math:: F = \frac{(S_0 - S_1) / 2}{S_1 / (n - T - 4)}

    with S the squares left without and with the two, n bids and T auctions. A level of their own,
    :math:`δ_0`, is allowed to members. There are few auctions, so F is compared with no table:
    what the model without the two leaves is exchanged among the bidders *of each auction*
    (Freedman and Lane), which keeps whatever an auction does to all who bid in it.

    Only auctions to which members and others came count; a ring without anyone beside it has
    nothing to be exchanged with, and members of a ring who take turns are alike among themselves.

    Parameters
    ----------
    bids, cost : ndarray of shape (auctions, bidders)
        Positive; NaN where one did not bid.
    members : ndarray of int
        Columns of the group.
    rng : numpy.random.Generator
        Draws the exchanges.
    draws : int
        How many.

    References
    ----------
    Bajari and Ye (2003), Deciding Between Competition and Collusion, REStat 85(4), section V.
    Freedman and Lane (1983), A nonstochastic interpretation of reported significance levels.

    Examples
    --------
    Six bid four fifths of what their cost says; then three of them cover for the third.

    >>> rng = np.random.default_rng(0)
    >>> cost = rng.uniform(0.85, 1.15, (40, 6))
    >>> rivals = cost**0.8 * np.exp(rng.normal(0, 0.01, cost.shape))
    >>> ring = rivals.copy()
    >>> ring[:, :2] = ring[:, [2]] * rng.uniform(1.03, 1.09, (40, 2))
    >>> one, other = (exchangeable_bids(b, cost, np.arange(3), rng) for b in (rivals, ring))
    >>> one.p_value > 0.05, other.p_value <= 0.01, round(other.own, 1)
    (True, True, -0.7)
    """
    there = np.isfinite(bids) & np.isfinite(cost)
    member = np.isin(np.arange(bids.shape[1]), members)
    inside, outside = (np.sum(there & part, axis=1, keepdims=True) for part in (member, ~member))
    there &= (inside > 0) & (outside > 0)
    auction = np.unique(np.nonzero(there)[0], return_inverse=True)[1]
    auctions = int(auction.max(initial=-1)) + 1
    columns = [_within(column[there], auction) for column in _model(cost, there, member)]
    y, (base, whole) = (
        _within(np.log(bids[there]), auction),
        (np.stack(columns[:2], axis=1), np.stack(columns, axis=1)),
    )
    free = len(y) - auctions - whole.shape[1]
    if free <= 0 or np.linalg.matrix_rank(whole) < whole.shape[1]:
        return Exchange(np.nan, np.nan, np.nan, np.nan, len(y), auctions)
    plain, full = np.linalg.qr(base)[0], np.linalg.qr(whole)[0]
    said = plain @ (plain.T @ y)
    order = np.argsort(auction + rng.random((draws, len(y))), axis=1)
    null = _f(said + (y - said)[order], plain, full, free)
    seen = _f(y[None], plain, full, free)
    slopes = np.linalg.lstsq(whole, y)[0]
    p = float(upper_p_value(seen, null[:, None])[0])
    return Exchange(float(seen[0]), float(slopes[2]), float(slopes[3]), p, len(y), auctions)


def _model(cost: Floats, there: NDArray[np.bool_], member: NDArray[np.bool_]) -> list[Floats]:
    """Return ln c, m, m ln c and m times the mean ln c of rivals."""
    own = np.log(np.where(there, cost, 1.0))
    came = there.sum(axis=1, keepdims=True)
    rivals = (own.sum(axis=1, keepdims=True) - own) / np.maximum(came - 1, 1)
    flag = np.broadcast_to(member, own.shape).astype(float)
    return [own, flag, flag * own, flag * rivals]


def _within(column: Floats, auction: Integers) -> Floats:
    """Take each auction's mean out, which is to give it an effect of its own."""
    mean = np.bincount(auction, column) / np.bincount(auction)
    left: Floats = column - mean[auction]
    return left


def _f(y: Floats, plain: Floats, full: Floats, free: int) -> Floats:
    size = (y**2).sum(axis=1)
    without, with_them = (size - ((y @ basis) ** 2).sum(axis=1) for basis in (plain, full))
    more = full.shape[1] - plain.shape[1]
    f: Floats = (without - with_them) / more / np.maximum(with_them / free, _NOTHING)
    return f
