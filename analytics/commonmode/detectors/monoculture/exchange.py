"""The null of monoculture: families exchanged among agents who differ in nothing else."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from commonmode.detectors.monoculture.limits import Limits
from commonmode.detectors.monoculture.votes import Electorate
from commonmode.statistics.agreement import excess_agreement
from commonmode.statistics.ballots import Ballots, Floats, Integers
from commonmode.statistics.permutation import shuffled_within, upper_p_value

_GLANCE = 99
_UNUSUAL = 0.1


def exchanged_families(people: Electorate, rng: np.random.Generator) -> Integers:
    """Return one re-drawing of the agent → family map.

    Inside an operator that runs several families, agents of one role exchange families; operators
    that run a single family exchange it as a whole. What an operator's prompt does to its agents
    thus stays as it was in every draw. Agents of unknown operator exchange among themselves.
    """
    operator = np.where(people.operated, people.operator, -1)
    _, crew = np.unique(operator, return_inverse=True)
    lowest, highest = _range_by(crew, people.family)
    pure = (lowest == highest) & (_first_of(crew, operator) >= 0)
    stratum = crew * (people.role.max() + 1) + people.role
    family = shuffled_within(people.family, stratum, rng)
    swapped = lowest.copy()
    swapped[pure] = rng.permutation(lowest[pure])
    return np.where(pure[crew], swapped[crew], family)


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
    ballots = people.ballots(_sample(people.votes, limits.most_null_votes, rng))
    draws = max(limits.draws, math.ceil(len(people.families) / limits.rate))
    glance = min(_GLANCE, draws)
    null = _draw(people, ballots, glance, limits.weight_cap, rng)
    unusual = upper_p_value(np.nan_to_num(observed, nan=-np.inf), null).min() <= _UNUSUAL
    if glance == draws or not unusual:
        return null
    return np.vstack([null, _draw(people, ballots, draws - glance, limits.weight_cap, rng)])


def _draw(
    people: Electorate, ballots: Ballots, draws: int, weight_cap: float, rng: np.random.Generator
) -> Floats:
    groups = len(people.families)
    kappas = [
        excess_agreement(
            ballots.agreement(exchanged_families(people, rng), groups), weight_cap
        ).kappa
        for _ in range(draws)
    ]
    # A draw in which a family met no other says nothing against the null: it counts as reached.
    return np.nan_to_num(np.array(kappas), nan=np.inf)


def _sample(votes: pl.DataFrame, most_votes: int, rng: np.random.Generator) -> pl.DataFrame:
    if len(votes) <= most_votes:
        return votes
    places = rng.permutation(votes["situation"].to_numpy().max() + 1)
    ranked = votes.with_columns(place=pl.Series(places).gather(votes["situation"]))
    share = most_votes / len(votes)
    return ranked.filter(pl.col("place") < max(1, round(share * len(places)))).drop("place")
