"""Shuffles keep their strata, and ranks are exact."""

from __future__ import annotations

from unittest.mock import create_autospec

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from commonmode.statistics.ballots import Integers
from commonmode.statistics.permutation import Strata, upper_p_value


@given(stratum=st.lists(st.integers(0, 3), min_size=1, max_size=40), seed=st.integers(0, 99))
def test_each_stratum_keeps_its_labels(stratum: list[int], seed: int) -> None:
    strata, labels = np.array(stratum), np.arange(len(stratum)) % 3
    shuffled = Strata(strata).shuffled(labels, np.random.default_rng(seed))
    for name in np.unique(strata):
        assert sorted(shuffled[strata == name]) == sorted(labels[strata == name])


def placed(strata: Integers, labels: Integers, draws: NDArray[np.uint64]) -> Integers:
    """Return the labels, those of a stratum laid out in the order of its draws."""
    placed = np.empty_like(labels)
    placed[np.argsort(strata, kind="stable")] = labels[np.lexsort((draws, strata))]
    return placed


@given(
    stratum=st.lists(st.integers(0, 3), min_size=1, max_size=40),
    most=st.sampled_from([1, 5, 2**31, 2**62]),
    seed=st.integers(0, 99),
)
def test_labels_however_wide_lie_in_the_order_of_their_draws(
    stratum: list[int], most: int, seed: int
) -> None:
    strata = np.array(stratum)
    labels = np.random.default_rng(seed + 1).integers(-(most == 5), most, len(strata))
    draws = np.random.default_rng(seed).integers(2**32, size=len(strata), dtype=np.uint64)
    shuffled = Strata(strata).shuffled(labels, np.random.default_rng(seed))
    np.testing.assert_array_equal(shuffled, placed(strata, labels, draws))


def test_of_equal_draws_the_place_is_sorted_by_not_the_label() -> None:
    labels, draws = np.arange(40)[::-1] % 3, np.repeat(np.arange(10, dtype=np.uint64), 4)
    rng = create_autospec(np.random.Generator, instance=True)
    rng.integers.return_value = draws
    shuffled = Strata(np.zeros(40, np.int64)).shuffled(labels, rng)
    np.testing.assert_array_equal(shuffled, labels[np.argsort(draws)])


def test_every_order_is_as_likely() -> None:
    rng = np.random.default_rng(1)
    strata = Strata(np.zeros(4, np.int64))
    first = [strata.shuffled(np.arange(4), rng)[0] for _ in range(4000)]
    assert np.abs(np.bincount(first) / 4000 - 0.25).max() < 0.03


def test_p_values_under_the_null_reach_a_level_no_oftener_than_it_says() -> None:
    rng = np.random.default_rng(2)
    p = upper_p_value(rng.normal(size=5000), rng.normal(size=(99, 5000)))
    assert np.mean(p <= 0.05) < 0.06
    assert p.min() >= 0.01


def test_equal_arrangements_count_as_reached() -> None:
    assert upper_p_value(np.array([0.3]), np.array([[0.1 + 0.2]])).tolist() == [1.0]
