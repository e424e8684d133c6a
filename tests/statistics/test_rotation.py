"""Turn-taking is counted against every order that costs and wins allow."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.statistics.rotation import (
    BLOCK,
    chance_of_changes,
    changes,
    turn_taking_p_value,
)


def p_value(won: np.ndarray, stratum: np.ndarray) -> float:
    return turn_taking_p_value(changes(won), chance_of_changes(won, stratum))


def of_all_orders(won: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """Count the changes of every order that leaves the wins of each stratum, one by one."""
    counts = np.zeros(len(won) + 1)
    for order in product([False, True], repeat=len(won)):
        tried = np.array(order)
        if all(tried[stratum == s].sum() == won[stratum == s].sum() for s in set(stratum)):
            counts[changes(tried)] += 1
    counts /= counts.sum()
    return counts


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=9))
@settings(max_examples=60, deadline=None)
def test_the_chance_is_that_of_all_orders(auctions: list[tuple[bool, int]]) -> None:
    won = np.array([first for first, _ in auctions])
    stratum = np.array([kind for _, kind in auctions])

    chance = chance_of_changes(won, stratum)

    every = of_all_orders(won, stratum)
    assert chance == pytest.approx(every[: len(chance)])
    assert every[len(chance) :].sum() == 0


def test_strict_turns_are_as_rare_as_two_orders_of_all() -> None:
    won = np.tile([True, False], 8)
    assert p_value(won, np.zeros(16, int)) == pytest.approx(2 / 12870)


def test_turns_that_follow_costs_are_no_evidence() -> None:
    won = np.tile([True, False], 8)
    assert p_value(won, won.astype(int)) == 1


def test_p_values_of_rivals_are_never_too_small() -> None:
    rng = np.random.default_rng(0)
    p = []
    for _ in range(600):
        stratum = rng.integers(0, 2, 30)
        p.append(p_value(rng.random(30) < np.where(stratum, 0.8, 0.3), stratum))
    for level in (0.01, 0.05, 0.2):
        assert np.mean(np.array(p) <= level) <= level + 3 * np.sqrt(level * (1 - level) / 600)


def test_a_bidder_that_grows_stronger_from_block_to_block_takes_no_turns() -> None:
    won = np.r_[np.zeros(BLOCK, bool), np.ones(BLOCK, bool)]
    assert changes(won) == 0
    assert p_value(won, np.zeros(2 * BLOCK, int)) == 1
