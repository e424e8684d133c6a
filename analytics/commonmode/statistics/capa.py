"""CAPA: chance-adjusted agreement of two models on the same questions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def capa(agreement: float, accuracy: tuple[float, float], options: ArrayLike) -> float:
    r"""Return κ_p, the agreement of two models beyond what their accuracies imply.

    .. math:: κ_p = \frac{c_{obs} - c_{exp}}{1 - c_{exp}},\quad
        c_{exp} = p̄_1 p̄_2 + (1-p̄_1)(1-p̄_2) \overline{1/(k-1)}

    Parameters
    ----------
    agreement : float
        Share of questions answered alike.
    accuracy : tuple of float
        Share answered correctly by each.
    options : array_like
        Number of options k of each question, or of the one they all have; at least 2.

    Returns
    -------
    float
        1 for identical answers, 0 for what two independent models of these accuracies would
        show; NaN when chance alone already makes them agree always.

    References
    ----------
    Goel et al. (2025), Great Models Think Alike and this Undermines AI Oversight, arXiv:2502.04313.

    Examples
    --------
    >>> round(capa(0.7, (0.6, 0.6), options=4), 4)
    0.4886
    """
    first, second = accuracy
    lucky = float(np.mean(1 / (np.asarray(options, dtype=float) - 1)))
    chance = first * second + (1 - first) * (1 - second) * lucky
    return math.nan if chance == 1 else (agreement - chance) / (1 - chance)
