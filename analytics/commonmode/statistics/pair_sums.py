"""Pairs of votes added up by group in one compiled pass.

Import it where it is called, so that only who calls it waits for numba.
"""

from __future__ import annotations

import numba
import numpy as np

from commonmode.statistics.ballots import Ballots, Floats, Integers, Order


@numba.njit(cache=True)
def pair_sums(ballots: Ballots, group: Integers, groups: int, weight_cap: float) -> Floats:
    """Return gain, room, weight and number of situations (rows) of every group (columns).

    Agent ``i`` belongs to group ``group[i]``, 0 to `groups` - 1. Gain adds up w (U - B), room
    w (1 - B), over situations with pairs both within the group and across groups; see
    `excess_agreement`.
    """
    votes, pairs = _within(ballots.met, ballots.starts, group, groups)
    _, alike = _within(ballots.agreed, ballots.starts, group, groups)
    sums = np.zeros((4, groups))
    for row in range(len(ballots.pairs)):
        between = ballots.pairs[row] - pairs[row].sum()
        if between == 0:
            continue
        across = (ballots.alike[row] - alike[row].sum()) / between
        for one in range(groups):
            if pairs[row, one] > 0:
                weight = min(float(votes[row, one]), weight_cap)
                sums[0, one] += weight * (alike[row, one] / pairs[row, one] - across)
                sums[1, one] += weight * (1 - across)
                sums[2, one] += weight
                sums[3, one] += 1
    return sums


@numba.njit(cache=True)
def _within(
    order: Order, starts: Integers, group: Integers, groups: int
) -> tuple[Integers, Integers]:
    """Return each group's votes in the last run of a situation, and its pairs in all of them."""
    votes = np.zeros((len(starts) - 1, groups), np.int64)
    pairs = np.zeros((len(starts) - 1, groups), np.int64)
    agent, kind, crew = order.agent, order.kind, order.crew
    last_kind, last_crew = np.full(groups, -1), np.full(groups, -1)
    in_crew = np.zeros(groups, np.int64)
    for row in range(len(starts) - 1):
        for vote in range(starts[row], starts[row + 1]):
            one = group[agent[vote]]
            if last_kind[one] != kind[vote]:
                last_kind[one] = kind[vote]
                votes[row, one] = 0
            if last_crew[one] != crew[vote]:
                last_crew[one] = crew[vote]
                in_crew[one] = 0
            pairs[row, one] += 2 * (votes[row, one] - in_crew[one])
            votes[row, one] += 1
            in_crew[one] += 1
    return votes, pairs
