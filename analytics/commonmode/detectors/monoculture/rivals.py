"""A family that was found, looked at again: beside those most like it, and in the same hours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from commonmode.detectors.monoculture.limits import Limits
from commonmode.detectors.monoculture.look import Look, agreement
from commonmode.detectors.monoculture.votes import Electorate


class Rivals:
    """The second look at families that were found.

    One family that decides unlike all others lowers what every other is compared with, so that
    each of them seems to agree more than across families. A third of the others, one at least,
    is therefore left out: those that a family agrees with least. And as what is popular may
    change while families keep their own hours, votes are compared with votes of the same time.

    Parameters
    ----------
    people : Electorate
        Everyone.
    limits : Limits
        The detector's parameters.
    seed : int
        Of every draw.
    """

    def __init__(self, people: Electorate, limits: Limits, seed: int) -> None:
        self.people, self.limits, self.seed = people, limits, seed

    def again(self, family: int, left_out: Iterable[int]) -> tuple[Look, int]:
        """Return a family's second look, without some families, and its place in it."""
        families = range(len(self.people.families))
        others = [one for one in families if one not in {family, *left_out}]
        kept = sorted([family, *self._nearest(family, others)])
        few = self.people.among(kept).side_by_side(self.limits.most_in_part)
        return Look(few, self.limits, self.seed), kept.index(family)

    def _nearest(self, family: int, others: Sequence[int]) -> list[int]:
        apart = [self._apart(family, other) for other in others]
        most = max(1, len(others) - max(1, len(others) // 3))
        return [others[place] for place in np.argsort(apart, kind="stable")[:most]]

    def _apart(self, family: int, other: int) -> float:
        pair = agreement(self.people.among([family, other]), self.limits)
        return float(np.nan_to_num(pair.kappa[int(other < family)], nan=math.inf))
