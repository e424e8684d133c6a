"""Only pairs that share a bin of a place without a crowd are looked at: what that costs."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import polars as pl
import pytest

from commonmode.detectors import Collusion
from commonmode.detectors.collusion.judgement import Judgement
from commonmode.detectors.collusion.meetings import meetings
from commonmode.detectors.collusion.presence import Coded, placed, presence, visits

from .conftest import DAY, Roaming

EVERYBODY = 10**6
WORLDS = [
    {"rings": 3, "joint": 6},
    {"rings": 3, "joint": 6, "rushes": 10},
    {"rings": 3, "joint": 8, "rushes": 6, "reach": 0.5},
    {"rings": 3, "joint": 8, "places": 6, "session": 2},
]


def coded(world: Roaming) -> Coded:
    return Coded.of([presence(world.events.lazy(), timedelta(minutes=5))])


def of_every_pair(shown: Coded, least: int) -> dict[tuple[int, int], int]:
    """In how many bins two agents began a visit to one place, pair by pair of all agents."""
    began = placed(shown.packing, visits(shown, 1, 3))
    own = {
        int(who[0]): set(zip(rows["where"], rows["bin"], strict=True))
        for who, rows in began.partition_by("who", as_dict=True).items()
    }
    times = {
        pair: len({at for _, at in own[pair[0]] & own[pair[1]]})
        for pair in combinations(sorted(own), 2)
    }
    return {pair: met for pair, met in times.items() if met >= least}


@pytest.mark.parametrize("world", WORLDS)
def test_without_a_cap_the_candidates_are_all_pairs_that_met(world: dict[str, int]) -> None:
    shown = coded(Roaming(seed=1, **world))  # type: ignore[arg-type]
    met = meetings(shown, visits(shown, 1, 3), EVERYBODY).pairs(2)
    pairs = zip(met["first"], met["second"], strict=True)
    assert dict(zip(pairs, met["met"], strict=True)) == of_every_pair(shown, 2)


@pytest.mark.parametrize("cap", [2, 5, 30])
def test_with_a_cap_they_are_the_pairs_that_met_outside_crowds(cap: int) -> None:
    shown = coded(Roaming(seed=1, **WORLDS[1]))  # type: ignore[arg-type]
    began = visits(shown, 1, 3)
    spots = (
        placed(shown.packing, began).group_by("where", "bin").agg(pl.col("who").sort()).iter_rows()
    )
    outside = [
        (*pair, where, at)
        for where, at, who in spots
        if len(who) <= cap
        for pair in combinations(who, 2)
    ]
    joint = meetings(shown, began, cap).joint
    assert sorted(joint.select("first", "second", "where", "bin").rows()) == sorted(outside)


def linked(detector: Collusion, shown: Coded) -> set[tuple[int, int]]:
    links = Judgement(detector, DAY, shown, 1, seed=0).links
    return set(zip(links["first"], links["second"], strict=True))


def test_the_cap_loses_next_to_no_pair_that_all_pairs_would_have_shown() -> None:
    """Recall against all pairs on worlds with crowds: what is lost is meetings in a crowd."""
    kept = wanted = 0
    for seed in range(3):
        for world in WORLDS:
            shown = coded(Roaming(seed=seed, **world))  # type: ignore[arg-type]
            every = linked(Collusion(most_agents=EVERYBODY), shown)
            kept += len(every & linked(Collusion(), shown))
            wanted += len(every)
    assert wanted > 100
    assert kept >= 0.98 * wanted


def test_candidates_are_linear_in_visits_however_large_the_crowds() -> None:
    cap = Collusion().most_agents
    for reach in (0.1, 0.5, 0.9):
        shown = coded(Roaming(seed=1, agents=200, rushes=12, reach=reach))
        began = visits(shown, 1, 3)
        assert len(meetings(shown, began, cap).joint) <= (cap - 1) * len(began) / 2
    crowded = meetings(shown, began, EVERYBODY).joint
    assert len(crowded) > 3 * len(meetings(shown, began, cap).joint)
