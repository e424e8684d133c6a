"""Excess agreement counts pairs rightly, and recovers the copy model."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.statistics.agreement import excess_agreement, excess_kappa
from commonmode.statistics.ballots import Ballots, Integers

VOTES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 5)),
    min_size=1,
    max_size=25,
    unique_by=lambda vote: (vote[0], vote[2]),
)


def enumerated(
    votes: list[tuple[int, int, int]], group: Integers, operator: Integers, cap: float
) -> tuple[list[float], list[int]]:
    """Return κ of two groups, pair by pair, and in how many situations each was compared."""
    gain, room, compared = [0.0, 0.0], [0.0, 0.0], [0, 0]
    for x in {situation for situation, _, _ in votes}:
        cast = [(choice, agent) for situation, choice, agent in votes if situation == x]
        met = [(a, b) for a, b in permutations(cast, 2) if operator[a[1]] != operator[b[1]]]
        across = [a[0] == b[0] for a, b in met if group[a[1]] != group[b[1]]]
        for g in (0, 1):
            own = [a[0] == b[0] for a, b in met if group[a[1]] == group[b[1]] == g]
            if own and across:
                weight = min(sum(group[agent] == g for _, agent in cast), cap)
                gain[g] += weight * float(np.mean(own) - np.mean(across))
                room[g] += weight * float(1 - np.mean(across))
                compared[g] += 1
    kappa = [float(gain[g] / room[g]) if room[g] > 0 else np.nan for g in (0, 1)]
    return kappa, compared


@given(votes=VOTES, seed=st.integers(0, 1000), cap=st.sampled_from([1.0, 2.0, 50.0]))
@settings(max_examples=100, deadline=None)
def test_kappa_equals_that_of_enumerated_pairs(
    votes: list[tuple[int, int, int]], seed: int, cap: float
) -> None:
    rng = np.random.default_rng(seed)
    group, operator = rng.integers(0, 2, 6), rng.integers(0, 3, 6)
    situation, choice, agent = (
        np.array(column, dtype=np.int64) for column in zip(*votes, strict=True)
    )
    ballots = Ballots.of(situation, choice, agent, operator[agent])
    excess = excess_agreement(ballots, group, groups=2, weight_cap=cap)
    kappa, compared = enumerated(votes, group, operator, cap)
    np.testing.assert_allclose(excess.kappa, kappa, atol=1e-12)
    assert excess.situations.tolist() == compared


def added_one_by_one(
    votes: list[tuple[int, int, int]], group: Integers, operator: Integers, cap: float
) -> list[float]:
    """Return κ of three groups from whole numbers of pairs, situations in order."""
    gain, room = [0.0] * 3, [0.0] * 3
    for x in sorted({situation for situation, _, _ in votes}):
        cast = [(choice, agent) for situation, choice, agent in votes if situation == x]
        met = [(a, b) for a, b in permutations(cast, 2) if operator[a[1]] != operator[b[1]]]
        across = [a[0] == b[0] for a, b in met if group[a[1]] != group[b[1]]]
        for g in range(3):
            own = [a[0] == b[0] for a, b in met if group[a[1]] == group[b[1]] == g]
            if own and across:
                weight = min(float(sum(group[agent] == g for _, agent in cast)), cap)
                beyond = sum(across) / len(across)
                gain[g] += weight * (sum(own) / len(own) - beyond)
                room[g] += weight * (1 - beyond)
    return [gain[g] / room[g] if room[g] > 0 else float("nan") for g in range(3)]


@given(votes=VOTES, seed=st.integers(0, 1000), cap=st.sampled_from([1.0, 1.7, 50.0]))
@settings(max_examples=100, deadline=None)
def test_kappa_is_to_the_last_bit_what_one_situation_after_another_adds_up_to(
    votes: list[tuple[int, int, int]], seed: int, cap: float
) -> None:
    rng = np.random.default_rng(seed)
    group, operator = rng.integers(0, 3, 6), rng.integers(0, 5, 6)
    columns = (np.array(column, dtype=np.int64) for column in zip(*votes, strict=True))
    situation, choice, agent = columns
    ballots = Ballots.of(situation, choice, agent, operator[agent])
    kappa = excess_kappa(ballots, group, groups=3, weight_cap=cap)
    np.testing.assert_array_equal(kappa, added_one_by_one(votes, group, operator, cap))
    same = excess_agreement(ballots, group, groups=3, weight_cap=cap).kappa
    np.testing.assert_array_equal(kappa, same)


def copied(strength: float, seed: int) -> tuple[Ballots, Integers]:
    rng = np.random.default_rng(seed)
    situations, agents, groups, options = 3000, 40, 4, 5
    group = np.arange(agents) % groups
    own = rng.integers(0, options, (situations, agents))
    drawn = rng.integers(0, options, (situations, groups))[:, group]
    choice = np.where(rng.random((situations, agents)) < strength, drawn, own).ravel()
    situation = np.repeat(np.arange(situations), agents)
    agent = np.tile(np.arange(agents), situations)
    return Ballots.of(situation, choice, agent, agent), group


@pytest.mark.parametrize("strength", [0.0, 0.2, 0.4, 0.6])
def test_kappa_of_the_copy_model_is_the_square_of_its_strength(strength: float) -> None:
    ballots, group = copied(strength, seed=1)
    kappa = excess_agreement(ballots, group, groups=4).kappa
    assert kappa.mean() == pytest.approx(strength**2, abs=0.01)


def test_nobody_to_compare_with_is_not_a_number() -> None:
    zeros, agents = np.zeros(3, np.int64), np.arange(3)
    ballots = Ballots.of(zeros, zeros, agents, agents)
    assert np.isnan(excess_agreement(ballots, zeros, groups=1).kappa).all()


def test_no_votes_at_all_are_no_pairs() -> None:
    none = np.array([], np.int64)
    ballots = Ballots.of(none, none, none, none)
    excess = excess_agreement(ballots, none, groups=2)
    assert np.isnan(excess.kappa).all()
    assert excess.situations.tolist() == [0, 0]
