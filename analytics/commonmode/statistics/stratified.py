"""Two shares compared inside strata, and pooled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm


class StratifiedExcess(NamedTuple):
    """Hits observed and expected over all strata, and the one-sided p-value of the excess."""

    observed: float
    expected: float
    p_value: float


def mantel_haenszel(
    hits: ArrayLike, trials: ArrayLike, other_hits: ArrayLike, other_trials: ArrayLike
) -> StratifiedExcess:
    """Test whether trials hit oftener than the other trials of the same stratum.

    Cochran-Mantel-Haenszel with continuity correction: in each stratum the hits are
    hypergeometric given both totals; their means and variances add up.

    Parameters
    ----------
    hits, trials : array_like of shape (strata,)
        Hits among the trials in question.
    other_hits, other_trials : array_like of shape (strata,)
        The same of the trials that they are compared with.

    Returns
    -------
    StratifiedExcess
        The p-value is NaN where no stratum holds both kinds of trial, or all or none hit.

    Examples
    --------
    >>> test = mantel_haenszel([8, 9], [10, 10], [2, 1], [10, 10])
    >>> test.observed, test.expected, test.p_value < 0.001
    (17.0, 10.0, True)
    """
    a, n1, c, n2 = (np.asarray(x, dtype=float) for x in (hits, trials, other_hits, other_trials))
    total, hit = n1 + n2, a + c
    expected = np.divide(n1 * hit, total, out=np.zeros_like(total), where=total > 0)
    spread = n1 * n2 * hit * (total - hit)
    room = total**2 * (total - 1)
    variance = np.divide(spread, room, out=np.zeros_like(total), where=total > 1).sum()
    excess = float(a.sum() - expected.sum())
    if variance == 0:
        return StratifiedExcess(float(a.sum()), float(expected.sum()), math.nan)
    z = (excess - math.copysign(min(0.5, abs(excess)), excess)) / math.sqrt(variance)
    return StratifiedExcess(float(a.sum()), float(expected.sum()), float(norm.sf(z)))
