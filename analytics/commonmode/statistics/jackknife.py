"""Block jackknife: how sure an estimate from a series is, when neighbours resemble each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy

from commonmode.statistics.ballots import Floats, Integers


def block_jackknife_p_value(
    estimate: Callable[[Integers], Floats], rounds: int, above: Floats, blocks: int = 20
) -> tuple[Floats, Floats]:
    r"""Return estimates and the p-values of their being above bounds, by leaving blocks out.

    .. math:: s^2 = \frac{g - 1}{g} Σ_b (\hat θ_{-b} - \bar θ)^2,\quad
        p = P(t_{g-1} > (\hat θ - θ_0) / s)

    Parameters
    ----------
    estimate : callable
        Rounds → estimates.
    rounds : int
        How many there are.
    above : ndarray
        θ₀ of each estimate.
    blocks : int
        g.

    References
    ----------
    Künsch (1989), The Jackknife and the Bootstrap for General Stationary Observations.

    Examples
    --------
    >>> series = np.random.default_rng(0).normal(1.0, 1.0, 200)
    >>> mean, p = block_jackknife_p_value(
    ...     lambda kept: np.array([series[kept].mean()]), 200, np.array([0.5])
    ... )
    >>> bool(p[0] < 0.001)
    True
    """
    every = np.arange(rounds)
    cut = np.array_split(every, min(blocks, rounds))
    whole = estimate(every)
    without = np.stack([estimate(np.setdiff1d(every, block)) for block in cut])
    g = len(cut)
    spread = np.sqrt((g - 1) / g * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    excess = whole - above
    score = np.divide(excess, spread, out=np.sign(excess) * np.inf, where=spread > 0)
    return whole, np.asarray(scipy.stats.t.sf(score, g - 1))
