"""Cascades: how many further events each event brings about (Hawkes' branching ratio)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from commonmode.statistics.ballots import Floats

_LEAST_EVENTS = 20
_LEAST_WINDOWS = 10
_MOST_RATIO = 0.999
_BETTER = 5.991
"""Of twice the log likelihood, for two further parameters at 5 %."""


class Hawkes(NamedTuple):
    """A fitted process of events that bring about further events.

    Attributes
    ----------
    base : float
        μ, events per unit of time that nothing brought about.
    branching : float
        n, events that each event brings about; a cascade has 1 / (1 - n) of them on average.
    decay : float
        β, one over how long after the event it brings them about; NaN where it brings none.
    """

    base: float
    branching: float
    decay: float


def fit_hawkes(times: ArrayLike, end: float) -> Hawkes:
    r"""Fit a self-exciting process by maximum likelihood, in time linear in the events.

    .. math:: λ(t) = μ + Σ_{t_i < t} n β e^{-β (t - t_i)},\quad
        A_i = Σ_{j < i} e^{-β (t_i - t_j)} = e^{-β (t_i - t_{i-1})} (1 + A_{i-1})

    Where that is no better than a constant rate (likelihood ratio, 5 %), n is nought: a decay of
    nothing cannot be told. A daily cycle that is left in the times looks like cascades:
    `in_busy_time` takes it out. Shocks and shifts of level that these events alone have do too,
    and nothing here takes them out.

    Parameters
    ----------
    times : array_like of shape (events,)
        From 0 to `end`, sorted.
    end : float
        How long was watched.

    Raises
    ------
    ValueError
        With fewer than 20 events.

    References
    ----------
    Ozaki (1979), Maximum likelihood estimation of Hawkes' self-exciting point processes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> alone = np.sort(rng.uniform(0, 1000, 2000))
    >>> fit_hawkes(alone, 1000).branching < 0.1
    True
    >>> threes = np.repeat(alone[::3], 3) + np.tile([0.0, 0.01, 0.02], 667)
    >>> fit_hawkes(np.sort(threes), 1000.1).branching > 0.5
    True
    """
    t = np.asarray(times, dtype=float)
    if len(t) < _LEAST_EVENTS:
        msg = f"a branching ratio needs {_LEAST_EVENTS} events; found {len(t)}."
        raise ValueError(msg)
    rate = len(t) / end

    def unlikely(logs: Floats) -> float:
        fit = _of_logs(logs)
        return -_log_likelihood(t, end, fit) / len(t)

    starts = [np.array([math.log(rate / 2), 0.0, math.log(rate * pace)]) for pace in (0.3, 3, 30)]
    found = [scipy.optimize.minimize(unlikely, start, method="Nelder-Mead") for start in starts]
    best = min(found, key=lambda one: float(one.fun))
    alone = Hawkes(rate, 0.0, math.nan)
    gain = -best.fun * len(t) - (math.log(rate) - 1) * len(t)
    return _of_logs(best.x) if 2 * gain > _BETTER else alone


def branching_by_counts(times: ArrayLike, end: float, width: float) -> float:
    r"""Return the branching ratio from how much more counts vary than chance would have them.

    .. math:: \hat n = 1 - \sqrt{\bar N / \mathrm{var}\, N}

    with N the events in windows much longer than cascades last; nought where they vary less. Ask
    for several widths: cycles and shifts of level fake a ratio that grows with the width.

    Parameters
    ----------
    times : array_like of shape (events,)
        From 0 to `end`.
    end, width : float
        How long was watched, and the length of a window.

    Returns
    -------
    float
        NaN with fewer than ten windows or without an event.

    References
    ----------
    Hardiman and Bouchaud (2014), Branching-ratio approximation for self-exciting Hawkes processes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> branching_by_counts(rng.uniform(0, 1000, 2000), 1000, 20.0) < 0.2
    True
    """
    windows = int(end // width)
    if windows < _LEAST_WINDOWS:
        return math.nan
    counts = np.histogram(np.asarray(times, dtype=float), windows, (0, windows * width))[0]
    mean, spread = float(counts.mean()), float(counts.var(ddof=1))
    if mean == 0:
        return math.nan
    return max(0.0, 1 - math.sqrt(mean / spread)) if spread > mean else 0.0


def in_busy_time(times: ArrayLike, others: ArrayLike, end: float) -> Floats:
    r"""Return times on a clock that runs as fast as everybody else is busy.

    .. math:: s(t) = T \, \frac{\#\{u ∈ others : u ≤ t\}}{\#others}

    interpolated between them, so that the others are spread evenly over it. What moves everyone
    alike, cycles, shifts and shocks, is taken out; what the events bring about stays.

    Parameters
    ----------
    times, others : array_like of shape (events,), (others,)
        From 0 to `end`; the others are not to answer the events.
    end : float
        T, how long was watched.

    References
    ----------
    Brown, Barbieri, Ventura, Kass, Frank (2002), The time-rescaling theorem, Neural Computation 14.

    Examples
    --------
    >>> in_busy_time([1.0, 6.0], others=[2.0, 5.0, 6.0, 7.0], end=10.0).tolist()
    [1.0, 6.0]
    """
    known = np.sort(np.asarray(others, dtype=float))
    ranks = np.arange(1, len(known) + 1) / (len(known) + 1)
    at = np.asarray(times, dtype=float)
    shown = np.interp(at, [0.0, *known, end], [0.0, *ranks, 1.0])
    return np.asarray(end * shown)


def _of_logs(logs: Floats) -> Hawkes:
    base, ratio, decay = (float(one) for one in logs)
    return Hawkes(
        math.exp(min(base, 50.0)),
        _MOST_RATIO / (1 + math.exp(-min(max(ratio, -50.0), 50.0))),
        math.exp(min(decay, 50.0)),
    )


def _log_likelihood(t: Floats, end: float, fit: Hawkes) -> float:
    # The recursion of A on a log scale, where it neither overflows nor dies.
    before = np.logaddexp.accumulate(fit.decay * t)[:-1]
    echo = np.concatenate([[0.0], np.exp(before - fit.decay * t[1:])])
    rate = fit.base + fit.branching * fit.decay * echo
    brought = -np.expm1(-fit.decay * (end - t)).sum()
    return float(np.log(rate).sum() - fit.base * end - fit.branching * brought)
