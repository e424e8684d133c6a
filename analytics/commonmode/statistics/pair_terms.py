"""Pairs of votes by group and situation, counted cell by cell, never enumerated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commonmode.statistics.ballots import Ballots, Cells, Floats, Integers


class PairTerms(NamedTuple):
    """What situations add to the sums of groups, where the two can be compared.

    A situation and a group can be where there are pairs both within the group and across groups.

    Attributes
    ----------
    group : ndarray of shape (terms,)
        Ascending; of one group, terms are in the order of their situations.
    gain, room, weight : ndarray of shape (terms,)
        w (U - B), w (1 - B) and w; see `excess_agreement`.
    """

    group: Integers
    gain: Floats
    room: Floats
    weight: Floats

    def added(self, terms: Floats, groups: int) -> Floats:
        """Return the sum of each group, one term after another."""
        # The order in which NumPy's sum adds depends on the layout, and so would the last bits.
        sums = np.bincount(self.group, terms, minlength=groups)
        return np.asarray(sums, dtype=np.float64)


def pair_terms(ballots: Ballots, group: Integers, groups: int, weight_cap: float) -> PairTerms:
    """Return the terms of every group; agent ``i`` belongs to ``group[i]``, 0 to `groups` - 1."""
    votes, pairs, alike = _counted(ballots, group, (groups, len(ballots.pairs)))
    between = ballots.pairs - pairs.sum(axis=0)
    across = (ballots.alike - alike.sum(axis=0)) / np.maximum(between, 1)
    compared = (pairs > 0) & (between > 0)
    # Places in one dimension are found and read several times faster than in two.
    at = np.flatnonzero(compared)
    of = np.repeat(np.arange(groups), compared.sum(axis=1))
    beyond = across[at - of * len(across)]
    weight = np.minimum(votes.ravel()[at], weight_cap)
    gain = weight * (alike.ravel()[at] / pairs.ravel()[at] - beyond)
    return PairTerms(of, gain, weight * (1 - beyond), weight)


def _counted(
    ballots: Ballots, group: Integers, shape: tuple[int, int]
) -> tuple[Floats, Floats, Floats]:
    """Return votes, pairs that met and pairs that agreed, by group and situation."""
    place = group[ballots.met.agent] * shape[1] + ballots.met.kind
    votes = np.bincount(place, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)
    pairs = votes * (votes - 1) - _pairs(ballots.met_crews, group, shape)
    alike = _pairs(ballots.choices, group, shape) - _pairs(ballots.agreed_crews, group, shape)
    return votes, pairs, alike


def _pairs(cells: Cells, group: Integers, shape: tuple[int, int]) -> Floats:
    """Return ordered pairs of one group and cell, by group and situation."""
    own = group[cells.agent]
    place = cells.cell * shape[0] + own
    others = np.bincount(place) - 1.0
    row = own * shape[1] + cells.situation
    sums = np.bincount(row, others[place], minlength=shape[0] * shape[1])
    return np.asarray(sums, dtype=np.float64).reshape(shape)
