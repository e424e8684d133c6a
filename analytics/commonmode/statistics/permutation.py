"""Permutation: labels shuffled among the exchangeable, and the rank of what was observed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commonmode.statistics.ballots import Floats, Integers


def shuffled_within(labels: Integers, stratum: Integers, rng: np.random.Generator) -> Integers:
    """Return the labels, shuffled among the members of each stratum.

    Parameters
    ----------
    labels, stratum : ndarray of int
        Of each member.
    rng : numpy.random.Generator
        Source of the shuffle.

    Examples
    --------
    >>> shuffled_within(np.array([7, 7, 8]), np.array([0, 0, 1]), np.random.default_rng(0)).tolist()
    [7, 7, 8]
    """
    shuffled = np.empty_like(labels)
    places = np.argsort(stratum, kind="stable")
    shuffled[places] = labels[np.lexsort((rng.random(len(labels)), stratum))]
    return shuffled


def upper_p_value(observed: Floats, null: Floats) -> NDArray[np.float64]:
    """Return (1 + #{null ≥ observed}) / (1 + draws), column by column.

    Exact under exchangeability: at most α of the draws fall at or below α.

    Examples
    --------
    >>> upper_p_value(np.array([2.0]), np.array([[0.0], [1.0], [2.0]])).tolist()
    [0.5]
    """
    # Equal arrangements differ by rounding only; they must count as equal.
    reached = null >= observed - 1e-12 * np.maximum(1.0, np.abs(observed))
    return np.asarray((1.0 + reached.sum(axis=0)) / (1.0 + len(null)), dtype=np.float64)
