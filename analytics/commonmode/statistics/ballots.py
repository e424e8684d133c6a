"""Ballots: votes laid out so that pairs that agree are counted in one pass, never enumerated."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Order(NamedTuple):
    """Votes in an order in which those of one kind, and inside it of one operator, are neighbours.

    Attributes
    ----------
    agent : ndarray of shape (votes,)
        Who cast it.
    kind, crew : ndarray of shape (votes,)
        The run of its kind, and in it that of its operator. Two votes are a pair if they stand
        in one run of a kind and in different runs of operators.
    """

    agent: Integers
    kind: Integers
    crew: Integers


class Cells(NamedTuple):
    """Votes in cells, each inside of one situation.

    Attributes
    ----------
    agent, situation, cell : ndarray of shape (votes,)
        Who cast it, and where it stands.
    """

    agent: Integers
    situation: Integers
    cell: Integers


class Ballots(NamedTuple):
    """Votes of each situation, by kinds that meet and by kinds that agree.

    Attributes
    ----------
    met, agreed : Order
        Votes of one situation, and those of one choice in it.
    pairs, alike : ndarray of shape (situations,)
        Ordered pairs in either.
    choices : Cells
        Votes by situation and choice.
    met_crews, agreed_crews : Cells
        Votes that share their situation, or their choice, with others of their operator.

    Examples
    --------
    >>> zeros, agents = np.zeros(4, np.int64), np.arange(4)
    >>> ballots = Ballots.of(zeros, np.array([0, 0, 0, 1]), agents, agents)
    >>> ballots.pairs.tolist(), ballots.alike.tolist()
    ([12], [6])
    """

    met: Order
    agreed: Order
    pairs: Integers
    alike: Integers
    choices: Cells
    met_crews: Cells
    agreed_crews: Cells

    @classmethod
    def of(cls, situation: Integers, choice: Integers, agent: Integers, operator: Integers) -> Self:
        """Lay votes out: what was faced, what was chosen, by whom, run by whom.

        Pairs of the same operator are left out everywhere, so give every agent an operator of
        its own where operators are unknown.
        """
        met = _order(agent, operator, situation)
        agreed = _order(agent, operator, situation, choice)
        row = met.kind
        return cls(
            met=met,
            agreed=agreed,
            pairs=_pairs(met, row),
            alike=_pairs(agreed, row),
            choices=Cells(agreed.agent, row, agreed.kind),
            met_crews=_crews(met, row),
            agreed_crews=_crews(agreed, row),
        )


def _order(agent: Integers, operator: Integers, *kind: Integers) -> Order:
    order = np.lexsort((operator, *reversed(kind)))
    keys = [key[order] for key in kind]
    return Order(agent[order], _runs(*keys), _runs(*keys, operator[order]))


def _runs(*keys: Integers) -> Integers:
    changes = np.zeros(len(keys[0]), dtype=bool)
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return np.cumsum(changes)


def _crews(order: Order, row: Integers) -> Cells:
    # Most votes are the only ones of their crew, and pair with nobody there.
    kept = np.bincount(order.crew)[order.crew] > 1
    return Cells(order.agent[kept], row[kept], _runs(order.crew[kept]))


def _pairs(order: Order, row: Integers) -> Integers:
    """Count pairs row by row: each vote meets its kind, but not its crew."""
    met = np.bincount(order.kind)[order.kind] - np.bincount(order.crew)[order.crew]
    return np.bincount(row, met).astype(np.int64)
