"""Rotation: two bidders who take turns at winning, given who of them was cheaper each time."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from commonmode.statistics.ballots import Floats, Integers

BLOCK = 32
"""Auctions in a row that are shuffled among one another: strength may drift from block to block."""

Flags = NDArray[np.bool_]


def changes(first_won: Flags) -> int:
    """Return how often the winner changed from one auction to the next, inside blocks.

    Examples
    --------
    >>> changes(np.array([True, False, True, True]))
    2
    """
    blocks = _blocks(first_won)
    return int(sum((block[1:] != block[:-1]).sum() for block in blocks))


def chance_of_changes(first_won: Flags, stratum: Integers) -> Floats:
    r"""Return the chance of every number of changes if the order of winners says nothing.

    .. math:: P(R = r) = \prod_s \binom{n_s}{w_s}^{-1} \#\{\text{orders with } r \text{ changes}\}

    over all orders that leave as many wins to each in every stratum s of a block of auctions,
    counted one by one. With one stratum it is Wald and Wolfowitz's test of runs; with who was
    cheaper as strata, a winner that changes because costs do is expected to.

    Parameters
    ----------
    first_won : ndarray of bool of shape (auctions,)
        In order of time, the auctions that either of the two won: whether the first did.
    stratum : ndarray of int of shape (auctions,)
        0, 1, …: which auctions are alike.

    Returns
    -------
    ndarray of shape (most changes + 1,)
        Sums to 1.

    References
    ----------
    Wald and Wolfowitz (1940), On a test whether two samples are from the same population.
    Porter and Zona (1993), Detection of Bid Rigging in Procurement Auctions, JPE 101(3).

    Examples
    --------
    Two wins each: of six orders, two change once, two twice and two thrice.

    >>> won, alike = np.array([True, False, True, False]), np.zeros(4, int)
    >>> chance_of_changes(won, alike).round(3).tolist()
    [0.0, 0.333, 0.333, 0.333]

    The cheaper one always won: no other order is possible.

    >>> chance_of_changes(won, won.astype(int)).tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    parts = zip(_blocks(first_won), _blocks(stratum), strict=True)
    return reduce(np.convolve, (_of_block(*part) for part in parts), np.ones(1))


def turn_taking_p_value(seen: int, chance: Floats) -> float:
    """Return P(R ≥ seen): how likely the winner would change at least so often.

    Examples
    --------
    >>> turn_taking_p_value(2, np.array([0.5, 0.25, 0.25]))
    0.25
    """
    return float(min(1.0, chance[seen:].sum()))


def _blocks(series: NDArray[np.generic]) -> list[NDArray[np.generic]]:
    return [series[at : at + BLOCK] for at in range(0, len(series), BLOCK)]


def _of_block(first_won: NDArray[np.generic], stratum: NDArray[np.generic]) -> Floats:
    """Count orders auction by auction: by wins of the first so far, last winner, changes so far."""
    kinds, kind = np.unique(stratum, return_inverse=True)
    wins = np.bincount(kind, np.asarray(first_won, dtype=float), len(kinds)).astype(int)
    losses = np.bincount(kind, minlength=len(kinds)) - wins
    size = len(first_won)
    # Axes: wins of the first in each stratum, who won last (0, 1; 2 before any), changes.
    ways = np.zeros((*(wins + 1), 3, size))
    ways[(*[0] * len(kinds), 2, 0)] = 1.0
    lost = np.zeros(len(kinds), dtype=int)
    for at in range(size):
        ways, lost = _next(ways, int(kind[at]), lost, losses)
    reached = ways[tuple(wins)][:2].sum(axis=0)
    chance: Floats = reached / reached.sum()
    return chance


def _next(ways: Floats, axis: int, lost: Integers, losses: Integers) -> tuple[Floats, Integers]:
    """Return the ways after one more auction of a stratum, won by one or by the other."""
    after = np.zeros_like(ways)
    more, fewer = _along(axis, slice(1, None)), _along(axis, slice(None, -1))
    _won_by(1, ways[fewer], after[more])
    _won_by(0, ways, after)
    begun = lost.copy()
    begun[axis] += 1  # auctions of this stratum so far, whoever won them
    few = max(0, begun[axis] - losses[axis])
    after[_along(axis, slice(None, few))] = 0
    return after, begun


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (*[slice(None)] * axis, part)


def _won_by(winner: int, before: Floats, after: Floats) -> None:
    after[..., winner, :] += before[..., winner, :] + before[..., 2, :]
    after[..., winner, 1:] += before[..., 1 - winner, :-1]
