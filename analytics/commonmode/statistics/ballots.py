"""Pair agreement from counts: no pair is ever enumerated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class PairAgreement(NamedTuple):
    """Ordered pairs of votes of different operators, by situation (rows) and group (columns).

    Attributes
    ----------
    votes : ndarray of shape (situations, groups)
        Votes cast.
    within, agreeing_within : ndarray of shape (situations, groups)
        Pairs inside one group, and those of them that chose alike.
    between, agreeing_between : ndarray of shape (situations,)
        Pairs across groups, and those of them that chose alike.
    """

    votes: Floats
    within: Floats
    agreeing_within: Floats
    between: Floats
    agreeing_between: Floats


class Ballots:
    """Votes laid out so that the agreement of any grouping of the agents is a few counts.

    Parameters
    ----------
    situation, choice, agent, operator : ndarray of int
        Of each vote: what was faced, what was chosen, by whom, run by whom.
        Pairs of the same operator are left out everywhere, so give every agent an operator of
        its own where operators are unknown.

    Examples
    --------
    Two groups of two agents; the first chooses alike, the second does not.

    >>> zeros, agents = np.zeros(4, np.int64), np.arange(4)
    >>> ballots = Ballots(zeros, np.array([0, 0, 0, 1]), agents, agents)
    >>> pairs = ballots.agreement(np.array([0, 0, 1, 1]), groups=2)
    >>> (pairs.agreeing_within / pairs.within).tolist()
    [[1.0, 0.0]]
    >>> (pairs.agreeing_between / pairs.between).tolist()
    [0.5]
    """

    def __init__(
        self, situation: Integers, choice: Integers, agent: Integers, operator: Integers
    ) -> None:
        order = np.lexsort((operator, choice, situation))
        situation, choice = situation[order], choice[order]
        operator, self._agent = operator[order], agent[order]
        changes = np.r_[True, situation[1:] != situation[:-1]][: len(situation)]
        self._situation = np.cumsum(changes) - 1
        self._situations = int(changes.sum())
        self._cells = _Runs(self._situation, choice)
        self._cell_operators = _Runs(self._situation, choice, operator)
        by_operator = np.lexsort((operator, situation))
        self._operators = _Runs(self._situation[by_operator], operator[by_operator])
        self._agent_by_operator = self._agent[by_operator]
        # The pairs of everyone do not depend on how agents are grouped.
        _, self._pairs, self._agreeing = self._count(np.zeros(agent.max(initial=0) + 1, int), 1)

    def agreement(self, group: Integers, groups: int) -> PairAgreement:
        """Count pairs when agent ``i`` belongs to group ``group[i]``, 0 to `groups` - 1."""
        votes, pairs, agreeing = self._count(group, groups)
        return PairAgreement(
            votes=votes,
            within=pairs,
            agreeing_within=agreeing,
            between=self._pairs[:, 0] - pairs.sum(axis=1),
            agreeing_between=self._agreeing[:, 0] - agreeing.sum(axis=1),
        )

    def _count(self, group: Integers, groups: int) -> tuple[Floats, Floats, Floats]:
        """Return votes, pairs and agreeing pairs inside each group."""
        of_vote, shape = group[self._agent], (self._situations, groups)
        votes = _tally(self._situation, of_vote, shape).astype(np.float64)
        agreeing = self._cells.squares(of_vote, shape) - self._cell_operators.squares(
            of_vote, shape
        )
        same_operator = self._operators.squares(group[self._agent_by_operator], shape)
        return votes, votes**2 - same_operator, agreeing


class _Runs:
    """Runs of equal keys in sorted votes, nested in situations (the first key)."""

    def __init__(self, *keys: Integers) -> None:
        changes = np.zeros(len(keys[0]), dtype=bool)
        for key in keys:
            changes[1:] |= key[1:] != key[:-1]
        run = np.cumsum(changes)
        # Most runs are a single vote, whose square is 1 whatever its group.
        alone = np.bincount(run)[run] == 1 if len(run) else changes
        self._alone, self._alone_in = np.flatnonzero(alone), keys[0][alone]
        self._shared = np.flatnonzero(~alone)
        firsts, self._run = np.unique(run[self._shared], return_index=True, return_inverse=True)[1:]
        outer = keys[0][self._shared][firsts]
        self._present, self._starts = np.unique(outer, return_index=True)

    def squares(self, group: Integers, shape: tuple[int, int]) -> Floats:
        """Return, of each situation and group, the sum over runs of (votes of the group)²."""
        total = _tally(self._alone_in, group[self._alone], shape)
        if len(self._present):
            runs = (int(self._run.max()) + 1, shape[1])
            counts = _tally(self._run, group[self._shared], runs)
            total[self._present] += np.add.reduceat(counts * counts, self._starts, axis=0)
        return total.astype(np.float64)


def _tally(row: Integers, column: Integers, shape: tuple[int, int]) -> Integers:
    flat = np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1])
    return flat.reshape(shape)
