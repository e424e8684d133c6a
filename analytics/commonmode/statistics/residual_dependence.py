"""Dependence of sellers' prices that neither costs nor what moves every seller explain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.permutation import upper_p_value

_NOTHING = 1e-12


class Dependence(NamedTuple):
    """Mean correlation of pairs, Bajari and Ye's z of it, and the p-value of its excess."""

    correlation: float
    z: float
    p_value: float
    n: int


def net_of_cost(prices: Floats, cost: Floats) -> Floats:
    r"""Return how log prices changed beyond what their own cost explains.

    .. math:: ε_{it} = Δ \ln p_{it} - β Δ \ln c_{it}

    by least squares, β common to the sellers. Changes, because prices wander: two wanderers look
    related whatever they do.

    Parameters
    ----------
    prices, cost : ndarray of shape (rounds, sellers)
        Positive.

    References
    ----------
    Bajari and Ye (2003), Deciding Between Competition and Collusion, REStat 85(4).

    Examples
    --------
    Prices that pass cost on leave nothing.

    >>> cost = np.array([[1.0, 2.0], [1.1, 2.4], [1.3, 2.2]])
    >>> bool(np.abs(net_of_cost(3 * cost**0.8, cost)).max() < 1e-9)
    True
    """
    price, paid = (np.diff(np.log(table), axis=0) for table in (prices, cost))
    moves = float((paid**2).sum())
    passed = float((price * paid).sum()) / moves if moves > _NOTHING else 0.0
    left: Floats = price - passed * paid
    return left


def turned_dependence(residuals: Floats, rng: np.random.Generator, draws: int = 999) -> Dependence:
    r"""Test whether residuals of sellers move together, by turning their timelines around.

    .. math:: z = \sqrt{n - 3} \, \mathrm{atanh} \, \bar r

    with :math:`\bar r` the mean correlation over pairs. Each draw turns every seller's series by
    its own number of rounds: habits and bursts stay, only what coincides is lost.

    Parameters
    ----------
    residuals : ndarray of shape (rounds, sellers)
        Of `net_of_cost`.
    rng : numpy.random.Generator
        Draws the turns.
    draws : int
        How many.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> alone = rng.normal(size=(100, 3))
    >>> together = alone + rng.normal(size=(100, 1))
    >>> [turned_dependence(x, rng).p_value <= 0.05 for x in (alone, together)]
    [False, True]
    """
    rounds, sellers = residuals.shape
    spectrum = np.fft.rfft(_scaled(residuals), axis=0)
    waves = np.arange(len(spectrum))

    def turned() -> Floats:
        turns = rng.integers(0, rounds, sellers)
        phase = np.exp(-2j * np.pi * np.outer(waves, turns) / rounds)
        series: Floats = np.fft.irfft(spectrum * phase, n=rounds, axis=0)
        return series

    seen = _together(_scaled(residuals))
    return _judged(seen, np.array([_together(turned()) for _ in range(draws)]), rounds)


def member_dependence(
    residuals: Floats, members: Integers, rng: np.random.Generator, draws: int = 999
) -> Dependence:
    """Test whether members of a market move together more than as many of its sellers would.

    What moves every seller in a round is taken out first (the round's mean), and membership is
    drawn anew among all sellers, which centres the correlation where that taking out puts it.

    Parameters
    ----------
    residuals : ndarray of shape (rounds, sellers)
        Of all sellers of the market.
    members : ndarray of int
        Columns of the group.
    rng : numpy.random.Generator
        Draws the groups.
    draws : int
        How many.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> news = rng.normal(size=(100, 8)) + rng.normal(size=(100, 1))
    >>> ring = news + np.r_[1, 1, 1, 0, 0, 0, 0, 0] * rng.normal(size=(100, 1))
    >>> [member_dependence(x, np.arange(3), rng).p_value <= 0.05 for x in (news, ring)]
    [False, True]
    """
    rounds, sellers = residuals.shape
    scaled = _scaled(residuals - residuals.mean(axis=1, keepdims=True))
    alike = scaled.T @ scaled

    def among(group: Integers) -> float:
        size = len(group)
        return float((alike[np.ix_(group, group)].sum() - size) / (size * (size - 1)))

    null = [among(rng.choice(sellers, len(members), replace=False)) for _ in range(draws)]
    return _judged(among(members), np.array(null), rounds)


def _together(scaled: Floats) -> float:
    sellers = scaled.shape[1]
    total = float((scaled.sum(axis=1) ** 2).sum() - (scaled**2).sum())
    return float(total / (sellers * (sellers - 1)))


def _judged(seen: float, null: Floats, rounds: int) -> Dependence:
    held = float(np.clip(seen, -1 + _NOTHING, 1 - _NOTHING))
    z = float(np.sqrt(max(rounds - 3, 0)) * np.arctanh(held))
    p = float(upper_p_value(np.array([seen]), null[:, None])[0])
    return Dependence(seen, z, p, rounds)


def _scaled(columns: Floats) -> Floats:
    centred = columns - columns.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=0))
    scaled: Floats = centred / np.where(size > _NOTHING, size, 1.0)
    return scaled
