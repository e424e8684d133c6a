"""Evidence that may be looked at after every observation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from commonmode.statistics.ballots import Floats


def betting_e_process(gains: ArrayLike, largest_bet: float = 0.5) -> Floats:
    r"""Return the wealth of a bettor against "the mean is at most 0", after each observation.

    .. math:: W_t = Π_{s≤t} (1 + λ_s Z_s),\quad
        λ_s = \min(\max(m̂/(v̂ + m̂²), 0), λ_{max})

    with m̂, v̂ the mean and variance of what was seen *before* s. While the hypothesis holds
    the wealth ever reaches 1/α with probability at most α (Ville), however often one looks.
    It does not hold when the same agents recur with persistent tastes; permute then.

    Parameters
    ----------
    gains : array_like
        Z in [-1, 1], in the order they came, e.g. within- minus between-agreement.
    largest_bet : float
        λ_max, below 1.

    Raises
    ------
    ValueError
        If a gain lies outside [-1, 1].

    References
    ----------
    Waudby-Smith & Ramdas (2024), Estimating means of bounded random variables by betting.

    Examples
    --------
    >>> [round(w, 3) for w in betting_e_process([0.5, 0.5, 0.5, 0.5]).tolist()]
    [1.0, 1.25, 1.562, 1.953]
    """
    z = np.asarray(gains, dtype=float)
    if np.any(np.abs(z) > 1):
        msg = f"gains must lie in [-1, 1]; found {z[np.abs(z) > 1][0]}"
        raise ValueError(msg)
    seen = np.arange(len(z))
    # One imagined observation at 0 with variance 1/4 keeps the first bets small.
    mean = np.r_[0.0, np.cumsum(z)[:-1]][: len(z)] / (seen + 1)
    square = (0.25 + np.r_[0.0, np.cumsum(z**2)[:-1]][: len(z)]) / (seen + 1)
    bets = np.clip(mean / np.maximum(square, 1e-12), 0.0, largest_bet)
    wealth: Floats = np.exp(np.cumsum(np.log1p(bets * z)))
    return wealth
