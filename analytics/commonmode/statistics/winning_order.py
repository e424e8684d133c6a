"""The order in which several bidders win: whether they take turns, judged as one group."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.permutation import upper_p_value
from commonmode.statistics.rotation import BLOCK

_BATCH, _MOST, _ENOUGH = 1_000, 100_000, 20

Deal = Callable[[int], Integers]
"""Returns so many orders of winners, a row each, as likely as the one seen."""


class WinningOrder(NamedTuple):
    """How often the winner changed between two of a group, and how that compares with deals.

    Attributes
    ----------
    turns : int
        R, of `turns`.
    expected : float
        Mean of R over the deals.
    p_value : float
        P(R ≥ seen), at least 1 / 100,001.
    null : ndarray of shape (draws,)
        R of the first thousand deals.
    """

    turns: int
    expected: float
    p_value: float
    null: Integers


def turns(orders: Integers, members: int) -> Integers:
    r"""Return how often the winner changed between two bidders, added up over all pairs.

    .. math:: R = Σ_t \#\{j : j \text{ has won since } w_t \text{ last did}\}

    which is, pair by pair, how often the one won after the other among the auctions that either
    of the two won. It is largest where all win once before anyone wins again.

    Parameters
    ----------
    orders : ndarray of int of shape (orders, auctions)
        Who won, 0 to members - 1, in order of time.
    members : int
        How many bidders there are.

    Returns
    -------
    ndarray of int of shape (orders,)

    Examples
    --------
    Three take turns, and the same wins one after the other.

    >>> turns(np.array([[0, 1, 2, 0, 1, 2], [0, 0, 1, 1, 2, 2]]), 3).tolist()
    [9, 3]
    """
    every = np.arange(len(orders))
    last = np.full((len(orders), members), -1)
    total = np.zeros(len(orders), dtype=np.int64)
    for at, winner in enumerate(orders.T):
        total += (last > last[every, winner, None]).sum(axis=1)
        last[every, winner] = at
    return total


def winning_order(
    winners: Integers, members: int, costs: Floats | None, rng: np.random.Generator
) -> WinningOrder:
    r"""Test whether a group takes turns, given what winning would have cost each of them.

    H0: given costs, who won one auction says nothing about who wins the next. It must fail in two
    forms, each over all deals inside blocks of auctions in a row; p is the larger.

    1. Winners are dealt anew among auctions in which the same member was the cheapest: each keeps
       its wins, and a winner that changes because costs do is expected to.
    2. The winner's *place* in the order of costs is dealt anew among auctions: whoever had that
       place wins. One that is busy and dear after a win is not next in line for the second place.

    Draws go on until twenty deals have reached R, or 100,000 are drawn (Besag and Clifford), so
    that a p-value costs no more draws than it needs. Where costs are not known all auctions are
    alike, and there is one form only.

    Parameters
    ----------
    winners : ndarray of int of shape (auctions,)
        Who of the members won, in order of time; all of them bid in every one.
    members : int
        How many there are; two at least.
    costs : ndarray of shape (auctions, members) or None
        None where one is not known.
    rng : numpy.random.Generator
        Draws the deals.

    References
    ----------
    Besag and Clifford (1991), Sequential Monte Carlo p-values, Biometrika 78(2).
    Porter and Zona (1993), Detection of Bid Rigging in Procurement Auctions, JPE 101(3).

    Examples
    --------
    Four take turns six times, whatever it costs them; then the cheapest wins.

    >>> rng = np.random.default_rng(0)
    >>> costs, turn = rng.random((24, 4)), np.tile(np.arange(4), 6)
    >>> [winning_order(won, 4, costs, rng).p_value < 0.01 for won in (turn, costs.argmin(axis=1))]
    [True, False]
    """
    block = np.arange(len(winners)) // BLOCK
    if costs is None:
        return _judged(winners, members, partial(_dealt, winners, block, rng))
    cheapest = costs.argmin(axis=1)
    order = np.argsort(costs, axis=1, kind="stable")
    place = (order == winners[:, None]).argmax(axis=1)

    def by_place(draws: int) -> Integers:
        taken = order[np.arange(len(winners)), _dealt(place, block, rng, draws)]
        return np.asarray(taken, dtype=np.int64)

    by_cheapest = partial(_dealt, winners, block * members + cheapest, rng)
    forms = [_judged(winners, members, deal) for deal in (by_cheapest, by_place)]
    return max(forms, key=lambda form: form.p_value)


def own_turns(
    winners: Integers, member: int, alike: Integers, rng: np.random.Generator, draws: int = 999
) -> tuple[float, float]:
    """Return how much more one member changes with the others than chance, and its p-value.

    Only its own wins are dealt anew, inside blocks of auctions in a row; the others win in the
    order in which they did. So one that wins honestly beside a ring is not taken for a part of it,
    although the ring's regular wins change with its own more often than they would shuffled.

    Parameters
    ----------
    winners : ndarray of int of shape (auctions,)
        Who won, in order of time.
    member : int
        The one in question.
    alike : ndarray of int of shape (auctions,)
        0, 1, …: auctions among which its wins may be dealt, such as those where it was cheapest.
    rng : numpy.random.Generator
        Draws the deals.
    draws : int
        How many.

    Examples
    --------
    Two take turns; the third wins four times in a row.

    >>> winners = np.r_[np.tile([0, 1], 6), 2, 2, 2, 2, np.tile([0, 1], 6)]
    >>> rng, alike = np.random.default_rng(0), np.zeros(len(winners), int)
    >>> [own_turns(winners, member, alike, rng)[1] <= 0.05 for member in range(3)]
    [True, True, False]
    """
    own = (winners == member).astype(np.int64)
    block = np.arange(len(winners)) // BLOCK
    dealt = _dealt(own, block * (int(alike.max(initial=0)) + 1) + alike, rng, draws)
    orders = np.full(dealt.shape, member, dtype=np.int64)
    orders[dealt == 0] = np.tile(winners[own == 0], draws)
    count = int(winners.max(initial=0)) + 1
    seen = turns(winners[None], count).astype(float)
    null = turns(orders, count).astype(float)[:, None]
    return float(seen[0] - null.mean()), float(upper_p_value(seen, null)[0])


def _judged(winners: Integers, members: int, deal: Deal) -> WinningOrder:
    seen = int(turns(winners[None], members)[0])
    first = turns(deal(_BATCH), members)
    reached, drawn = first >= seen, _BATCH
    hits = int(reached.sum())
    while hits < _ENOUGH and drawn < _MOST:
        reached = turns(deal(_BATCH), members) >= seen
        hits, drawn = hits + int(reached.sum()), drawn + _BATCH
    if hits < _ENOUGH:
        p = (hits + 1) / (drawn + 1)
    else:
        # The last batch holds the twentieth; what came after it does not count.
        before = hits - int(reached.sum())
        place = np.flatnonzero(reached)[_ENOUGH - before - 1]
        p = _ENOUGH / (drawn - _BATCH + int(place) + 1)
    return WinningOrder(seen, float(first.mean()), p, first)


def _dealt(series: Integers, stratum: Integers, rng: np.random.Generator, draws: int) -> Integers:
    """Return so many rows of a series, shuffled among those of one stratum."""
    rows = np.tile(series, (draws, 1))
    for name in np.unique(stratum):
        places = np.flatnonzero(stratum == name)
        if len(places) > 1:
            rows[:, places] = rng.permuted(rows[:, places], axis=1)
    return rows
