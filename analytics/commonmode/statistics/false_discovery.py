"""Multiplicity where the tests made are more than the p-values kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from commonmode.statistics.ballots import Floats


def implied_false_discovery(
    p_values: ArrayLike, tests: float, *, dependent: bool = False
) -> Floats:
    """Return adjusted p-values when only the smallest of `tests` p-values were kept.

    Benjamini-Hochberg: q_(k) = min over l ≥ k of p_(l)·m/l, with m all tests made and not only
    those listed. For whole lists of p-values use ``scipy.stats.false_discovery_control``.

    Parameters
    ----------
    p_values : array_like
        The smallest p-values, in any order.
    tests : float
        How many tests they are the smallest of.
    dependent : bool
        Benjamini-Yekutieli instead: m is multiplied by 1 + 1/2 + … + 1/m and holds under any
        dependence.

    Raises
    ------
    ValueError
        If more p-values are given than tests were made.

    Examples
    --------
    >>> implied_false_discovery([0.001, 0.02], tests=10).tolist()
    [0.01, 0.1]
    """
    p = np.asarray(p_values, dtype=float)
    if len(p) > tests:
        msg = f"{len(p)} p-values cannot be the smallest of {tests} tests"
        raise ValueError(msg)
    factor = _harmonic(tests) if dependent else 1.0
    order = np.argsort(p, kind="stable")
    ranked = p[order] * tests * factor / np.arange(1, len(p) + 1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return adjusted


def _harmonic(tests: float) -> float:
    # Euler-Maclaurin; exact to double precision from one upwards is not needed, 1e-9 is.
    if tests < 100:  # noqa: PLR2004  summing is exact and as cheap
        return float((1 / np.arange(1, tests + 1)).sum())
    return float(np.log(tests) + np.euler_gamma + 1 / (2 * tests) - 1 / (12 * tests**2))
