"""Corrections over implied tests agree with the library where it applies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from commonmode.statistics.false_discovery import implied_false_discovery

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=150)


@given(p=P_VALUES)
def test_all_tests_listed_is_the_librarys_correction(p: list[float]) -> None:
    assert implied_false_discovery(p, len(p)) == pytest.approx(false_discovery_control(p))
    dependent = implied_false_discovery(p, len(p), dependent=True)
    assert dependent == pytest.approx(false_discovery_control(p, method="by"))


@given(p=P_VALUES, more=st.integers(0, 10_000))
def test_tests_not_listed_count_as_p_of_one(p: list[float], more: int) -> None:
    whole = false_discovery_control([*p, *[1.0] * more])[: len(p)]
    assert implied_false_discovery(p, len(p) + more) == pytest.approx(whole)


def test_more_p_values_than_tests_are_refused() -> None:
    with pytest.raises(ValueError, match="3 p-values"):
        implied_false_discovery([0.1, 0.2, 0.3], tests=2)


def test_no_p_values_stay_none() -> None:
    assert implied_false_discovery([], tests=10).shape == (0,)


def test_the_rate_is_held_over_all_pairs() -> None:
    rng = np.random.default_rng(1)
    false = [
        (implied_false_discovery(np.sort(rng.random(5000))[:50], 5000) <= 0.05).any()
        for _ in range(400)
    ]
    assert np.mean(false) <= 0.08
