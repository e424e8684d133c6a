"""Who carries a ring: what is left of it when one member is left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from commonmode.statistics.ballots import Floats, Integers

FEWEST = 3
"""Members of a ring of which one can be left out."""


class Influence(NamedTuple):
    """Members by how much they carry, and what the ring is without the first of them.

    Attributes
    ----------
    order : ndarray of int
        Places of the members, the most influential first.
    share : ndarray of float
        In that order, the part of the ring's excess that the pairs of each one make up.
    still_linked : int
        How many of the others are linked with one another without the first.
    """

    order: Integers
    share: Floats
    still_linked: int

    def measures(self) -> dict[str, float]:
        """Return the numbers by name; none of a pair, each of whom carries all of it."""
        if len(self.order) < FEWEST:
            return {}
        return {"influence": float(self.share[0]), "linked_without": float(self.still_linked)}

    def sentence(self, first: str) -> str:
        """Return who carries the finding, and whether it stands without that one."""
        if len(self.order) < FEWEST:
            return ""
        others = len(self.order) - 1
        left = (
            "nobody else is linked: it is about that one and each of the others alone"
            if not self.still_linked
            else f"{self.still_linked} of the other {others} are linked all the same"
        )
        return f"{first} carries most of it, {self.share[0]:.0%} of the excess; without it {left}."


def influence(excess: Floats, linked: Floats) -> Influence:
    r"""Return who carries a ring by leaving out one member at a time.

    .. math:: I_a = 1 - \frac{Σ_{i<j;\, i,j ≠ a} e_{ij}}{Σ_{i<j} e_{ij}}

    with e the excess of each pair; in a ring of n that acts as one it is 2/n.

    Parameters
    ----------
    excess : ndarray of shape (members, members)
        Symmetric, nought on the diagonal: what each pair did beyond what chance expects.
    linked : ndarray of shape (members, members)
        Symmetric: 1 where a pair is linked.

    Examples
    --------
    The first meets each of the others, who do not meet.

    >>> star = np.array([[0.0, 5.0, 5.0], [5.0, 0.0, 0.0], [5.0, 0.0, 0.0]])
    >>> found = influence(star, np.sign(star))
    >>> found.share.tolist(), found.still_linked
    ([1.0, 0.5, 0.5], 0)
    """
    total = float(excess.sum()) / 2
    own = excess.sum(axis=1)
    order = np.lexsort((np.arange(len(own)), -own))
    without = linked.copy()
    without[order[0]] = without[:, order[0]] = 0
    share = own[order] / total if total > 0 else np.full(len(own), np.nan)
    return Influence(order, share, int((without.sum(axis=1) > 0).sum()))


def square(codes: Integers, pairs: pl.DataFrame) -> Floats:
    """Return the third column of some pairs of members as a symmetric table."""
    table = np.zeros((len(codes), len(codes)))
    first, second, number = (column.to_numpy() for column in pairs)
    table[np.searchsorted(codes, first), np.searchsorted(codes, second)] = number
    table += table.T
    return table
