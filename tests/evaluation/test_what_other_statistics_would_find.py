"""Whether weighing choices or pairs differently would find more, by the same exchange."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.evaluation.rival_statistics import exchanged, p_values

from commonmode.detectors import Monoculture
from commonmode.detectors.monoculture.votes import Electorate, electorate
from commonmode.economy.worlds import worlds
from commonmode.evaluation.truth import culprits

DRAWS = 199
RARE = 0.01
"""What Benjamini-Hochberg asks of one family among five."""


def drawn(name: str, seed: int) -> tuple[Electorate, set[str]]:
    world = next(one for one in worlds(agents=300, events=30_000) if one.name == name)
    events, start, end = world.frame(seed)
    detector = Monoculture()
    day = events.lazy().filter(pl.col("at").is_between(start, end, closed="left"))
    people = electorate(detector.tally(day.select(detector.columns()))["votes"])
    guilty = {culprit.subject for culprit in culprits(events, detector.name)}
    return people, guilty


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize(
    "name", ["monoculture strength=0.2", "monoculture strength=0.3", "everything"]
)
def test_pairs_weighed_by_surprise_find_no_less_than_kappa(name: str) -> None:
    planted, others = dict[str, list[float]](), dict[str, list[float]]()
    for seed in range(50):
        people, guilty = drawn(name, seed)
        for statistic, p in p_values(people, DRAWS).items():
            for family, value in zip(people.families, p.tolist(), strict=True):
                where = planted if f"family:{family}" in guilty else others
                where.setdefault(statistic, []).append(value)
    for statistic in planted:
        guilty_p, innocent_p = np.array(planted[statistic]), np.array(others[statistic])
        print(  # noqa: T201  figures to be read
            f"\n{name}, {statistic}: p <= .01 in {sum(guilty_p <= RARE)} of {len(guilty_p)} "
            f"planted families and {sum(innocent_p <= RARE)} of {len(innocent_p)} innocent ones, "
            f"{sum(innocent_p <= 0.05)} of them at .05",
            end="",
        )
    found = {kind: sum(np.array(ps) <= RARE) for kind, ps in planted.items()}
    assert found["by surprise, pairs count alike"] >= found["κ"] > 0
    assert max(np.mean(np.array(innocent) <= RARE) for innocent in others.values()) <= 0.05


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_habits_hardly_widen_the_null() -> None:
    ratios = [widened(drawn("nothing planted", seed)[0], seed) for seed in range(20)]
    print(  # noqa: T201  figures to be read
        f"\nnothing planted: the null of κ is {np.mean(ratios):.2f} ± "
        f"{np.std(ratios) / np.sqrt(len(ratios)):.2f} times as wide as it is without habits"
    )
    assert 0.8 < np.mean(ratios) < 1.25


def widened(people: Electorate, seed: int) -> float:
    """Return how much wider the null is than where choices change hands within situations."""
    choice = pl.col("choice").shuffle(seed=seed).over("situation")
    unhabitual = replace(people, votes=people.votes.with_columns(choice))
    wide, narrow = (exchanged(one, DRAWS)["κ"][1:].std(axis=0) for one in (people, unhabitual))
    return float(np.exp(np.mean(np.log(wide / narrow))))
