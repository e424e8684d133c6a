"""Shuffles keep their strata, and ranks are exact."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonmode.statistics.permutation import Strata, upper_p_value


@given(stratum=st.lists(st.integers(0, 3), min_size=1, max_size=40), seed=st.integers(0, 99))
def test_each_stratum_keeps_its_labels(stratum: list[int], seed: int) -> None:
    strata, labels = np.array(stratum), np.arange(len(stratum)) % 3
    shuffled = Strata(strata).shuffled(labels, np.random.default_rng(seed))
    for name in np.unique(strata):
        assert sorted(shuffled[strata == name]) == sorted(labels[strata == name])


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
