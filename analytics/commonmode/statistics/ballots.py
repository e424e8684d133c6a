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
        operator, self.agent = operator[order], agent[order]
        self._cells = _Runs(situation, choice)
        self._cell_operators = _Runs(situation, choice, operator)
        by_operator = np.lexsort((operator, situation))
        self._operators = _Runs(situation[by_operator], operator[by_operator])
        self._agent_by_operator = self.agent[by_operator]
        self.situation, self.cell = situation, self._cells.run

    def agreement(self, group: Integers, groups: int) -> PairAgreement:
        """Count pairs when agent ``i`` belongs to group ``group[i]`` (0 … `groups` - 1)."""
        of_vote, of_vote_by_operator = group[self.agent], group[self._agent_by_operator]
        cells = self._cells.counts(of_vote, groups)
        same_choice = self._cells.squares(cells)
        votes = self._cells.totals(cells)
        cell_operators = self._cell_operators.counts(of_vote, groups)
        operators = self._operators.counts(of_vote_by_operator, groups)
        agreeing = same_choice - self._cell_operators.squares(cell_operators)
        pairs = votes**2 - self._operators.squares(operators)
        all_agreeing = _total(self._cells, cells) - _total(self._cell_operators, cell_operators)
        all_pairs = votes.sum(axis=1) ** 2 - _total(self._operators, operators)
        return PairAgreement(
            votes, pairs, agreeing, all_pairs - pairs.sum(axis=1), all_agreeing - agreeing.sum(1)
        )


class _Runs:
    """Runs of equal keys in sorted votes, nested in situations."""

    def __init__(self, *keys: Integers) -> None:
        changes = np.zeros(len(keys[0]), dtype=bool)
        for key in keys:
            changes[1:] |= key[1:] != key[:-1]
        self.run = np.cumsum(changes)
        self.size = int(self.run[-1]) + 1 if len(self.run) else 0
        firsts = np.flatnonzero(np.r_[True, changes[1:]]) if self.size else np.array([], int)
        outer = keys[0][firsts]
        self._starts = np.flatnonzero(np.r_[True, outer[1:] != outer[:-1]][: len(outer)])

    def counts(self, group: Integers, groups: int) -> Floats:
        flat = np.bincount(self.run * groups + group, minlength=self.size * groups)
        return flat.reshape(self.size, groups).astype(np.float64)

    def totals(self, counts: Floats) -> Floats:
        return np.add.reduceat(counts, self._starts, axis=0)

    def squares(self, counts: Floats) -> Floats:
        return np.add.reduceat(counts**2, self._starts, axis=0)


def _total(runs: _Runs, counts: Floats) -> Floats:
    return runs.squares(counts.sum(axis=1, keepdims=True))[:, 0]
