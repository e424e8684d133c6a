"""Footprint response: others answer a seller's price cut at once, and forgive it later."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.permutation import upper_p_value

_LONGEST_CYCLE = 6
_NOISES = 4.0


class Footprints(NamedTuple):
    """How much lower sellers priced after a cut of another's, and after nothing at all.

    Attributes
    ----------
    answers : ndarray of shape (cuts watched, horizon)
        How much lower, in log price, a watcher stood 1 … `horizon` rounds after a cut.
    placebo : ndarray of shape (rounds watched, horizon)
        The same of rounds as quiet before, in which nobody moved.
    author, watcher : ndarray of shape (cuts watched,)
        Who cut, and who watched.
    """

    answers: Floats
    placebo: Floats
    author: Integers
    watcher: Integers

    def of(self, seller: int) -> Footprints:
        """Return the cuts that one seller made or watched."""
        return self._kept((self.author == seller) | (self.watcher == seller))

    def among(self, sellers: Integers) -> Footprints:
        """Return the cuts that some sellers made and others of them watched."""
        return self._kept(np.isin(self.author, sellers) & np.isin(self.watcher, sellers))

    def _kept(self, kept: NDArray[np.bool_]) -> Footprints:
        return Footprints(self.answers[kept], self.placebo, self.author[kept], self.watcher[kept])


class Rest(NamedTuple):
    """When a market rests, and what counts as a move.

    Attributes
    ----------
    cycle : int
        After how many rounds its prices come back to themselves; 1 where they stand.
    threshold : float
        Changes of log price up to here are noise.
    rounds : int
        Rounds of rest before a cut, so that it answers nothing.
    """

    cycle: int
    threshold: float
    rounds: int = 2


def resting(prices: Floats, least_cut: float = 0.01) -> Rest:
    """Return when a market rests: its cycle, and moves above its noise and `least_cut`.

    Examples
    --------
    >>> resting(np.array([[2.0, 2.0], [3.0, 2.0]] * 20))
    Rest(cycle=2, threshold=0.01, rounds=2)
    """
    log = np.log(prices)
    cycle = _cycle(log)
    return Rest(cycle, max(least_cut, _NOISES * _noise(log[cycle:] - log[:-cycle])))


def footprints(prices: Floats, rest: Rest, horizon: int = 8) -> Footprints:
    r"""Return what followed the cuts that sellers made out of a rest, and what followed rests.

    .. math:: r_{jh} = y_{j,t+h-kc} - y_{j,t+h}

    with y log prices, t a round in which one other seller alone moved, and down, c the market's
    own cycle and kc the fewest whole cycles that lead to before t.

    Parameters
    ----------
    prices : ndarray of shape (rounds, sellers)
        Positive; the price that stood at the end of each round.
    rest : Rest
        Of `resting`.
    horizon : int
        Rounds looked ahead.

    References
    ----------
    Jordà (2005), Estimation and Inference of Impulse Responses by Local Projections, AER 95(1).

    Examples
    --------
    The first cuts once; the second answers in the next two rounds, then forgives.

    >>> prices = np.full((30, 2), 2.0)
    >>> prices[10, 0], prices[11:13, 1] = 1.5, 1.6
    >>> found = footprints(prices, resting(prices), horizon=4)
    >>> found.answers.round(2).tolist(), found.author.tolist(), found.watcher.tolist()
    ([[0.22, 0.22, 0.0, 0.0]], [0], [1])
    """
    log = np.log(prices)
    rounds, sellers = log.shape
    change = np.zeros_like(log)
    change[rest.cycle :] = log[rest.cycle :] - log[: -rest.cycle]
    moved = np.abs(change) > rest.threshold
    first, last = rest.cycle + rest.rounds, max(rest.cycle + rest.rounds, rounds - horizon)
    calm = np.array([not moved[t - rest.rounds : t].any() for t in range(first, last)], dtype=bool)
    at = first + np.flatnonzero(calm)
    ahead = np.arange(1, horizon + 1)
    usual = ahead - rest.cycle * (ahead // rest.cycle + 1)
    lower = log[at[:, None] + usual] - log[at[:, None] + ahead]
    movers = moved[at].sum(axis=1)
    author = np.argmax(moved[at], axis=1)
    cut = (movers == 1) & (change[at, author] < 0)
    watched = cut[:, None] & (author[:, None] != np.arange(sellers))
    when, watcher = np.nonzero(watched)
    quiet = lower[movers == 0]
    return Footprints(
        answers=lower[when, :, watcher],
        placebo=quiet.transpose(0, 2, 1).reshape(-1, horizon),
        author=author[when],
        watcher=watcher,
    )


class Response(NamedTuple):
    """The answer to a cut: its path over rounds, its statistic, p-value and size.

    Attributes
    ----------
    path : ndarray of shape (horizon,)
        Mean of how much lower, in log price, beyond the placebo.
    statistic : float
        S, the prompt answer minus what is left of it at the horizon.
    p_value : float
        Permutation; one-sided.
    n, placebos : int
        Answers and placebos compared.
    null : ndarray of shape (draws,)
        S of footprints whose authors and times were shuffled.
    """

    path: Floats
    statistic: float
    p_value: float
    n: int
    placebos: int
    null: Floats


def decaying_response(
    found: Footprints, rng: np.random.Generator, *, prompt: int = 2, draws: int = 999
) -> Response:
    r"""Test whether cuts are answered at once and forgiven later: retaliation.

    .. math:: S = \overline{r_{1…2}} - \overline{r_{H-1…H}}

    over the answers, against as many rounds drawn from answers and placebos together: footprints
    whose authors and times are shuffled among rounds as quiet before. A shock that reaches
    everyone moves prices for good, so S stays at nought or below it; sellers who cannot see one
    another's prices answer nothing.

    Parameters
    ----------
    found : Footprints
        Of one market.
    rng : numpy.random.Generator
        Draws the shuffles.
    prompt : int
        Rounds that count as at once, and rounds at the horizon.
    draws : int
        Shuffles.

    Examples
    --------
    >>> prices = np.full((200, 2), 2.0)
    >>> for t in range(10, 190, 20):
    ...     prices[t, 0], prices[t + 1 : t + 3, 1] = 1.5, 1.6
    >>> test = decaying_response(footprints(prices, resting(prices)), np.random.default_rng(0))
    >>> test.path.round(2).tolist()[:3], test.n, test.p_value
    ([0.21, 0.21, -0.02], 9, 0.001)
    """
    answers, placebo = (
        r[:, :prompt].mean(axis=1) - r[:, -prompt:].mean(axis=1)
        for r in (found.answers, found.placebo)
    )
    n, pool = len(answers), np.concatenate([answers, placebo])
    if not n or not len(placebo):
        return Response(np.zeros(found.answers.shape[1]), 0.0, 1.0, n, len(placebo), np.zeros(0))
    null = np.array([pool[rng.choice(len(pool), n, replace=False)].mean() for _ in range(draws)])
    seen = float(answers.mean())
    return Response(
        path=found.answers.mean(axis=0) - found.placebo.mean(axis=0),
        statistic=seen,
        p_value=float(upper_p_value(np.array([seen]), null[:, None])[0]),
        n=n,
        placebos=len(placebo),
        null=null,
    )


def _cycle(log: Floats) -> int:
    """Return after how many rounds prices come back to themselves most often."""
    longest = min(_LONGEST_CYCLE, max(1, len(log) // 4))
    strays = [float(np.abs(log[c:] - log[:-c]).mean()) for c in range(1, longest + 1)]
    # A longer cycle must be clearly the better one: every multiple of a cycle is one as well.
    best = min(strays)
    return next(c for c, stray in enumerate(strays, 1) if stray <= 1.25 * best + 1e-12)


def _noise(change: Floats) -> float:
    """Return the standard deviation of everyday changes, by their median."""
    return 1.4826 * float(np.median(np.abs(change))) if change.size else 0.0
