"""Excess agreement counts pairs rightly, and recovers the copy model."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.statistics.agreement import excess_agreement
from commonmode.statistics.ballots import Ballots, Integers

VOTES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 5)),
    min_size=1,
    max_size=25,
    unique_by=lambda vote: (vote[0], vote[2]),
)


@given(votes=VOTES, seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_counts_equal_enumerated_pairs(votes: list[tuple[int, int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    group, operator = rng.integers(0, 2, 6), rng.integers(0, 3, 6)
    situation, choice, agent = (
        np.array(column, dtype=np.int64) for column in zip(*votes, strict=True)
    )
    pairs = Ballots(situation, choice, agent, operator[agent]).agreement(group, groups=2)
    for row, x in enumerate(np.unique(situation)):
        met = [
            (a, b)
            for a, b in permutations(np.flatnonzero(situation == x), 2)
            if operator[agent[a]] != operator[agent[b]]
        ]
        for g in (0, 1):
            own = [(a, b) for a, b in met if group[agent[a]] == group[agent[b]] == g]
            assert pairs.within[row, g] == len(own)
            assert pairs.agreeing_within[row, g] == sum(choice[a] == choice[b] for a, b in own)
        across = [(a, b) for a, b in met if group[agent[a]] != group[agent[b]]]
        assert pairs.between[row] == len(across)
        assert pairs.agreeing_between[row] == sum(choice[a] == choice[b] for a, b in across)


def copied(strength: float, seed: int) -> tuple[Ballots, Integers]:
    rng = np.random.default_rng(seed)
    situations, agents, groups, options = 3000, 40, 4, 5
    group = np.arange(agents) % groups
    own = rng.integers(0, options, (situations, agents))
    drawn = rng.integers(0, options, (situations, groups))[:, group]
    choice = np.where(rng.random((situations, agents)) < strength, drawn, own).ravel()
    situation = np.repeat(np.arange(situations), agents)
    agent = np.tile(np.arange(agents), situations)
    return Ballots(situation, choice, agent, agent), group


@pytest.mark.parametrize("strength", [0.0, 0.2, 0.4, 0.6])
def test_kappa_of_the_copy_model_is_the_square_of_its_strength(strength: float) -> None:
    ballots, group = copied(strength, seed=1)
    kappa = excess_agreement(ballots.agreement(group, groups=4)).kappa
    assert kappa.mean() == pytest.approx(strength**2, abs=0.01)


def test_nobody_to_compare_with_is_not_a_number() -> None:
    zeros, agents = np.zeros(3, np.int64), np.arange(3)
    pairs = Ballots(zeros, zeros, agents, agents).agreement(zeros, groups=1)
    assert np.isnan(excess_agreement(pairs).kappa).all()


def test_no_votes_at_all_are_no_pairs() -> None:
    none = np.array([], np.int64)
    pairs = Ballots(none, none, none, none).agreement(none, groups=2)
    assert pairs.within.shape == (0, 2)
    assert np.isnan(excess_agreement(pairs).kappa).all()
