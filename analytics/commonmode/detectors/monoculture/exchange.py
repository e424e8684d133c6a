"""The null of monoculture: families exchanged among agents who differ in nothing else."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from commonmode.detectors.monoculture.limits import Limits
from commonmode.detectors.monoculture.votes import Electorate
from commonmode.statistics.agreement import excess_kappa
from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.permutation import Strata, upper_p_value

_GLANCE = 99
_UNUSUAL = 0.1


class Exchange:
    """Re-draws the agent → family map, of some of the agents.

    Inside an operator that runs several families, agents of one role exchange families; operators
    that run a single family exchange it as a whole. What an operator's prompt does to its agents
    thus stays as it was in every draw. Agents of unknown operator exchange among themselves.

    Parameters
    ----------
    people : Electorate
        Everyone, by whom it is known which operators run a single family.
    some : ndarray of int
        The agents whose families are drawn.
    """

    def __init__(self, people: Electorate, some: Integers) -> None:
        operator = np.where(people.operated, people.operator, -1)
        _, crew = np.unique(operator, return_inverse=True)
        lowest, highest = _range_by(crew, people.family)
        self._lowest = lowest
        self._pure = (lowest == highest) & (_first_of(crew, operator) >= 0)
        self._family = people.family[some]
        self._strata = Strata(crew[some] * (people.role.max() + 1) + people.role[some])
        self._swapped = np.flatnonzero(self._pure[crew[some]])
        self._crew = crew[some][self._swapped]

    def families(self, rng: np.random.Generator) -> Integers:
        """Return the families of one draw."""
        family = self._strata.shuffled(self._family, rng)
        swapped = self._lowest.copy()
        swapped[self._pure] = rng.permutation(self._lowest[self._pure])
        family[self._swapped] = swapped[self._crew]
        return family


def _range_by(group: Integers, values: Integers) -> tuple[Integers, Integers]:
    lowest = np.full(group.max() + 1, values.max())
    highest = np.zeros(group.max() + 1, dtype=values.dtype)
    np.minimum.at(lowest, group, values)
    np.maximum.at(highest, group, values)
    return lowest, highest


def _first_of(group: Integers, values: Integers) -> Integers:
    return values[np.unique(group, return_index=True)[1]]


def null_kappas(people: Electorate, observed: Floats, limits: Limits, seed: int) -> Floats:
    """Return κ of every family (columns) under re-drawn families (rows).

    After a glance at the first draws it stops when no family looks unusual (p ≤ 0.1): those
    p-values are final and the rest would change nothing. There are enough draws for one family
    among all to be found after correction. Of very large windows it takes a sample of situations
    of about `most_null_votes` votes, which makes the null wider than it is, never narrower.
    """
    rng = np.random.default_rng(seed)
    null = _Null(people, limits, rng)
    draws = max(limits.draws, math.ceil(len(people.families) / limits.rate))
    glance = min(_GLANCE, draws)
    first = null.draw(glance)
    unusual = upper_p_value(np.nan_to_num(observed, nan=-np.inf), first).min() <= _UNUSUAL
    if glance == draws or not unusual:
        return first
    return np.vstack([first, null.draw(draws - glance)])


class _Null:
    """Votes, and who may have cast them had families meant nothing."""

    def __init__(self, people: Electorate, limits: Limits, rng: np.random.Generator) -> None:
        votes = _sample(people.votes, limits.most_null_votes, rng)
        voters, agent = np.unique(votes["agent"].to_numpy(), return_inverse=True)
        self._ballots = people.ballots(votes.with_columns(agent=agent))
        self._exchange = Exchange(people, voters)
        self._groups, self._cap, self._rng = len(people.families), limits.weight_cap, rng

    def draw(self, times: int) -> Floats:
        kappas = [self._kappas(self._exchange.families(self._rng)) for _ in range(times)]
        # A draw in which a family met no other says nothing against the null: it counts as reached.
        return np.nan_to_num(np.array(kappas), nan=np.inf)

    def _kappas(self, families: Integers) -> Floats:
        return excess_kappa(self._ballots, families, self._groups, self._cap)


def _sample(votes: pl.DataFrame, most_votes: int, rng: np.random.Generator) -> pl.DataFrame:
    if len(votes) <= most_votes:
        return votes
    places = rng.permutation(votes["situation"].to_numpy().max() + 1)
    ranked = votes.with_columns(place=pl.Series(places).gather(votes["situation"]))
    share = most_votes / len(votes)
    return ranked.filter(pl.col("place") < max(1, round(share * len(places)))).drop("place")
