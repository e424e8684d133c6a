"""Turns of a whole group show early; costs, strength and its drift do not."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.economy.innocents import BusyWinners, RivalBidders
from commonmode.economy.sealed_bids import CHEAPEST, DEAREST, SealedBids
from commonmode.statistics.rotation import BLOCK, changes
from commonmode.statistics.winning_order import own_turns, turns, winning_order


def pair_by_pair(winners: np.ndarray, members: int) -> int:
    """Add the changes of every pair up, as the definition has it."""
    return sum(
        int((np.diff(winners[np.isin(winners, pair)]) != 0).sum())
        for pair in combinations(range(members), 2)
    )


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_turns_are_the_changes_of_all_pairs(won: list[int]) -> None:
    winners = np.array(won)

    assert turns(winners[None], 4).item() == pair_by_pair(winners, 4)


@given(st.lists(st.booleans(), min_size=1, max_size=BLOCK))
def test_of_two_they_are_the_changes_of_rotation(won: list[bool]) -> None:
    first = np.array(won)

    assert turns(first[None].astype(int), 2).item() == changes(first)


@given(st.permutations(range(4)), st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_nothing_has_more_turns_than_a_cycle(cycle: list[int], rounds: int) -> None:
    winners = np.tile(np.array(cycle), rounds)
    rng = np.random.default_rng(rounds)

    assert (
        turns(rng.permuted(np.tile(winners, (200, 1)), axis=1), 4) <= turns(winners[None], 4)
    ).all()


def test_the_p_value_is_the_share_of_all_orders() -> None:
    winners = np.array([0, 1, 2, 0, 1, 2])
    orders = np.array(list(set(permutations(winners.tolist()))))
    exact = (turns(orders, 3) >= turns(winners[None], 3)).mean()

    found = winning_order(winners, 3, None, np.random.default_rng(0))

    assert found.p_value == pytest.approx(exact, rel=0.5)
    assert found.expected == pytest.approx(turns(orders, 3).mean(), abs=0.2)


def test_turns_that_follow_costs_are_no_evidence() -> None:
    rng = np.random.default_rng(0)
    costs = rng.random((32, 4))
    costs[np.arange(32), np.tile(np.arange(4), 8)] = 0

    assert winning_order(np.tile(np.arange(4), 8), 4, costs, rng).p_value == 1
    assert winning_order(np.tile(np.arange(4), 8), 4, None, rng).p_value < 0.001


def test_who_is_strong_for_a_while_takes_no_turns() -> None:
    winners = np.repeat(np.arange(3), BLOCK)

    assert winning_order(winners, 3, None, np.random.default_rng(0)).p_value == 1


def honest(plant: SealedBids, seed: int, noise: float) -> float:
    """The p-value of four regular bidders of a lot who compete, their bids more or less noisy."""
    rng = np.random.default_rng(seed)
    costs = rng.uniform(CHEAPEST, DEAREST, (plant.auctions, 4))
    bids, paid = plant.bid(costs, rng)
    winners = (bids * np.exp(rng.normal(0, noise, bids.shape))).argmin(axis=1)
    return winning_order(winners, 4, paid, rng).p_value


@pytest.mark.parametrize("noise", [0.005, 0.06])
@pytest.mark.parametrize("plant", [RivalBidders(), BusyWinners(), BusyWinners(busy=1, dearer=0.1)])
def test_honest_bidders_take_turns_no_more_often_than_stated(
    plant: SealedBids, noise: float
) -> None:
    p = np.array([honest(plant, seed, noise) for seed in range(100)])
    # 100 at 5 %: more than 11 has probability .01.
    assert (p <= 0.05).sum() <= 11


def test_one_who_wins_honestly_beside_a_ring_is_told_from_it() -> None:
    """Shuffling all winners would accuse it: a regular ring changes with anyone often."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(100):
        winners = np.tile(np.arange(3), 24)
        winners = np.insert(winners, rng.integers(0, 72, 12), 3)
        alike = np.zeros(len(winners), int)
        assert own_turns(winners, 0, alike, rng, draws=99)[1] <= 0.05
        held += own_turns(winners, 3, alike, rng, draws=99)[1] <= 0.05
    assert held <= 11
