"""Agreement coefficients of raters: Krippendorff's α, Fleiss' κ, the binary ICC."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def krippendorff_alpha(counts: ArrayLike) -> float:
    r"""Return Krippendorff's α for nominal data, missing ratings allowed.

    .. math:: α = 1 - \frac{(n-1) Σ_u (m_u² - Σ_c n_{uc}²)/(m_u - 1)}{n² - Σ_c n_c²}

    Parameters
    ----------
    counts : array_like of shape (units, categories)
        How many raters put each unit in each category; units with fewer than two are ignored.

    Returns
    -------
    float
        1 for perfect agreement, 0 for chance; NaN when nothing varies.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability.

    Examples
    --------
    >>> round(krippendorff_alpha([[2, 0], [0, 2], [1, 1]]), 4)
    0.4444
    """
    table = np.asarray(counts, dtype=float)
    table = table[table.sum(axis=1) > 1]
    raters, total = table.sum(axis=1), table.sum()
    expected = total**2 - (table.sum(axis=0) ** 2).sum()
    if expected == 0:
        return math.nan
    observed = ((raters**2 - (table**2).sum(axis=1)) / (raters - 1)).sum()
    return float(1 - (total - 1) * observed / expected)


def fleiss_kappa(counts: ArrayLike) -> float:
    r"""Return Fleiss' κ of a panel of the same size for every subject.

    .. math:: κ = (P̄ - P_e)/(1 - P_e)

    with :math:`P̄` the mean share of agreeing pairs and :math:`P_e = Σ_c p_c²`.

    Parameters
    ----------
    counts : array_like of shape (subjects, categories)
        How many raters put each subject in each category.

    Raises
    ------
    ValueError
        If the subjects were not all rated equally often.

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76, 378-382.

    Examples
    --------
    >>> round(fleiss_kappa([[2, 0], [0, 2], [1, 1]]), 4)
    0.3333
    """
    table = np.asarray(counts, dtype=float)
    raters = table.sum(axis=1)
    if len(set(raters.tolist())) != 1:
        msg = f"Fleiss' kappa needs equally many raters per subject; found {set(raters.tolist())}"
        raise ValueError(msg)
    n = raters[0]
    observed = (((table**2).sum(axis=1) - n) / (n * (n - 1))).mean()
    chance = float(((table.sum(axis=0) / table.sum()) ** 2).sum())
    return math.nan if chance == 1 else float((observed - chance) / (1 - chance))


def binary_icc(failures: ArrayLike, votes: ArrayLike) -> float:
    r"""Return the one-way ANOVA intraclass correlation of yes/no outcomes within situations.

    .. math:: ρ = (MSB - MSW)/(MSB + (n_0 - 1) MSW),\quad n_0 = (N - Σ n_x²/N)/(X - 1)

    It contains how situations differ in difficulty: read it as within minus between only.

    Parameters
    ----------
    failures, votes : array_like of shape (situations,)
        How many failed, of how many.

    Examples
    --------
    >>> round(binary_icc([4, 0, 4, 0], [4, 4, 4, 4]), 3)
    1.0
    """
    failed, n = np.asarray(failures, dtype=float), np.asarray(votes, dtype=float)
    failed, n = failed[n > 0], n[n > 0]
    total, situations = n.sum(), len(n)
    if situations < 2 or total == situations:  # noqa: PLR2004  two are needed to vary
        return math.nan
    within = (failed * (n - failed) / n).sum() / (total - situations)
    between = (n * (failed / n - failed.sum() / total) ** 2).sum() / (situations - 1)
    size = (total - (n**2).sum() / total) / (situations - 1)
    spread = between + (size - 1) * within
    return math.nan if spread == 0 else float((between - within) / spread)
