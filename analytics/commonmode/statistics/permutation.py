"""Permutation: labels shuffled among the exchangeable, and the rank of what was observed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commonmode.statistics.ballots import Floats, Integers


class Strata:
    """Members in strata, within which their labels may be shuffled again and again.

    Parameters
    ----------
    stratum : ndarray of int
        Of each member.

    Examples
    --------
    >>> strata = Strata(np.array([0, 0, 1]))
    >>> strata.shuffled(np.array([7, 7, 8]), np.random.default_rng(0)).tolist()
    [7, 7, 8]
    """

    def __init__(self, stratum: Integers) -> None:
        # One whole number per member sorts several times faster than two keys do.
        dense = np.unique(stratum, return_inverse=True)[1].astype(np.uint64)
        self._stratum = dense << np.uint64(32)
        self._places = np.argsort(dense, kind="stable")
        self._room = 32 - int(dense.max(initial=0)).bit_length()

    def shuffled(self, labels: Integers, rng: np.random.Generator) -> Integers:
        """Return the labels, shuffled among the members of each stratum."""
        keys = self._stratum | rng.integers(2**32, size=len(labels), dtype=np.uint64)
        shuffled = np.empty_like(labels)
        shuffled[self._places] = self._sorted(labels, keys)
        return shuffled

    def _sorted(self, labels: Integers, keys: NDArray[np.uint64]) -> Integers:
        """Return the labels in the order of their keys."""
        carried = labels.astype(np.uint64)
        width = int(carried.max(initial=0)).bit_length()
        if width <= self._room:
            # Numbers that carry their label are sorted in under half of the time of places.
            carried |= keys << np.uint64(width)
            carried.sort()
            ordered = carried >> np.uint64(width)
            if (ordered[1:] > ordered[:-1]).all():
                return (carried & np.uint64(2**width - 1)).astype(labels.dtype)
        # Of equal keys the place decides, not the label.
        return labels[np.argsort(keys)]


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
