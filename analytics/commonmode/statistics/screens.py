"""Screens: figures of bids and prices that cartels tend to leave."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class BidScreens(NamedTuple):
    """What one auction's bids look like; NaN where there are too few.

    Attributes
    ----------
    variation : float
        CV = s / mean: bids that hardly differ.
    spread : float
        SPD = (highest - lowest) / lowest.
    difference : float
        DIFFP = (second - lowest) / lowest.
    distance : float
        RD = (second - lowest) / s of the losing bids: large where losers cover for a winner.
    skewness : float
        SKEW, of a sample; negative where losers crowd at the top.
    """

    variation: float
    spread: float
    difference: float
    distance: float
    skewness: float


def bid_screens(bids: ArrayLike) -> BidScreens:
    """Return the screens of one procurement auction, in which the lowest bid wins.

    Parameters
    ----------
    bids : array_like of shape (bids,)
        Positive.

    References
    ----------
    Huber and Imhof (2019), Machine Learning with Screens for Detecting Bid-Rigging Cartels, IJIO.

    Examples
    --------
    One bids 100; the others cover for it well above, close to each other.

    >>> [round(figure, 3) for figure in bid_screens([100.0, 110.0, 111.0, 112.0])]
    [0.051, 0.12, 0.1, 10.0, -1.872]
    """
    b = np.sort(np.asarray(bids, dtype=float))
    if len(b) < 2:  # noqa: PLR2004  one bid has nothing to be compared with
        return BidScreens(*[math.nan] * 5)
    losing = float(b[1:].std(ddof=1)) if len(b) > 2 else math.nan  # noqa: PLR2004  spread of two
    return BidScreens(
        variation=float(b.std(ddof=1) / b.mean()),
        spread=float((b[-1] - b[0]) / b[0]),
        difference=float((b[1] - b[0]) / b[0]),
        distance=float((b[1] - b[0]) / losing) if losing else math.nan,
        skewness=_skewness(b),
    )


def _skewness(b: np.ndarray) -> float:
    n, s = len(b), float(b.std(ddof=1))
    if n < 3 or s == 0:  # noqa: PLR2004  as a sample's skewness needs
        return math.nan
    return float(n / ((n - 1) * (n - 2)) * (((b - b.mean()) / s) ** 3).sum())
