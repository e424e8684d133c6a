"""Statistics that monoculture does not use, ranked in the exchange that it uses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from commonmode.detectors.monoculture.exchange import Exchange
from commonmode.detectors.monoculture.votes import Electorate
from commonmode.statistics.ballots import Ballots, Floats, Integers, Order

BOTH = "smaller p of first and last"


class Pairs:
    """Pairs of a family, situation by situation, those of one choice weighed by the choice.

    Parameters
    ----------
    order : Order
        Votes by situation, or by situation and choice, and inside of that by operator.
    row : ndarray of int
        The situation of each vote.
    groups : int
        How many families there are.
    weight : ndarray of float
        Of each run of a kind.
    """

    def __init__(self, order: Order, row: Integers, groups: int, weight: Floats) -> None:
        self._order, self._groups, self._weight = order, groups, weight[:, None]
        self._crews = _starts(order.kind[_starts(order.crew)])
        self._kinds = _starts(row[_starts(order.kind)])

    def votes(self, family: Integers, run: Integers) -> Integers:
        """Return votes by run and family."""
        cell = run * self._groups + family[self._order.agent]
        size = (run[-1] + 1) * self._groups
        return np.bincount(cell, minlength=size).reshape(-1, self._groups)

    def of(self, family: Integers) -> Floats:
        """Return ordered pairs of different operators by situation and family."""
        crews = np.add.reduceat(self.votes(family, self._order.crew) ** 2, self._crews)
        met = self.votes(family, self._order.kind) ** 2 - crews
        return np.asarray(np.add.reduceat(met * self._weight, self._kinds))


def _starts(runs: Integers) -> Integers:
    return np.flatnonzero(np.diff(runs, prepend=-1))


class Rivals:
    """κ and its rivals, of every family: other weights of choices and of situations.

    Weights depend on what all chose together, never on who is of which family, so an exchange of
    families leaves them as they are.
    """

    def __init__(self, people: Electorate) -> None:
        self._ballots = people.ballots(people.votes)
        self._groups = len(people.families)
        row = self._ballots.met.kind
        share = np.bincount(self._ballots.agreed.kind) / np.bincount(row)[_kinds_row(self._ballots)]
        self._met = Pairs(self._ballots.met, row, self._groups, np.ones(row[-1] + 1))
        weights = {"plain": np.ones_like(share), "surprise": -np.log(share), "1/share": 1 / share}
        self._agreed = {
            name: Pairs(self._ballots.agreed, row, self._groups, weight)
            for name, weight in weights.items()
        }
        alone = np.zeros(len(people.agents), np.int64)
        self._all = {name: pairs.of(alone).sum(axis=1) for name, pairs in self._agreed.items()}

    def of(self, family: Integers) -> Mapping[str, Floats]:
        """Return each statistic of every family."""
        pairs = self._met.of(family)
        votes = self._met.votes(family, self._ballots.met.kind)
        others = self._ballots.pairs - pairs.sum(axis=1)
        told = {name: self._gain(name, family, pairs, others) for name in self._agreed}
        plain, across = told["plain"]
        seen = (pairs > 0) & (others > 0)[:, None]
        room = (votes * seen * (1 - across)).sum(axis=0)
        return {
            "κ": (votes * plain).sum(axis=0) / room,
            "pairs count alike": (pairs * plain).sum(axis=0),
            "by surprise": (votes * told["surprise"][0]).sum(axis=0),
            "by 1/share, pairs count alike": (pairs * told["1/share"][0]).sum(axis=0),
            "by surprise, pairs count alike": (pairs * told["surprise"][0]).sum(axis=0),
        }

    def _gain(
        self, name: str, family: Integers, pairs: Floats, others: Floats
    ) -> tuple[Floats, Floats]:
        alike = self._agreed[name].of(family)
        across = (self._all[name] - alike.sum(axis=1)) / np.maximum(others, 1)
        seen = (pairs > 0) & (others > 0)[:, None]
        return (alike / np.maximum(pairs, 1) - across[:, None]) * seen, across[:, None]


def _kinds_row(ballots: Ballots) -> Integers:
    return ballots.met.kind[_starts(ballots.agreed.kind)]


def exchanged(people: Electorate, draws: int) -> dict[str, Floats]:
    """Return each statistic as observed (first row) and of exchanged families, by family."""
    rivals, rng = Rivals(people), np.random.default_rng(0)
    exchange = Exchange(people, np.arange(len(people.agents)))
    rows = [rivals.of(people.family)]
    rows += [rivals.of(exchange.families(rng)) for _ in range(draws)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def p_values(people: Electorate, draws: int) -> dict[str, Floats]:
    """Return upper p-values by statistic, and of the smaller p of two of them, by family."""
    ranks = {name: _ranks(values) for name, values in exchanged(people, draws).items()}
    first, *_, last = ranks
    ranks[BOTH] = _ranks(-np.minimum(ranks[first], ranks[last]))
    return {name: rank[0] / (draws + 1) for name, rank in ranks.items()}


def _ranks(values: Floats) -> Floats:
    """Return how many in a column are as large, itself among them."""
    near = values - 1e-9 * np.maximum(1, np.abs(values))
    ordered = np.sort(values, axis=0)
    columns = range(values.shape[1])
    below = [np.searchsorted(ordered[:, one], near[:, one]) for one in columns]
    return np.asarray(len(values) - np.column_stack(below), dtype=np.float64)
