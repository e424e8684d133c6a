"""Shares compared inside strata are not fooled by the strata."""

from __future__ import annotations

import math

import numpy as np
import pytest

from commonmode.statistics.stratified import mantel_haenszel


def test_strata_that_differ_do_not_make_an_excess() -> None:
    # In each stratum the shares are equal; pooled, they would be .74 against .26.
    assert mantel_haenszel([80, 1], [100, 10], [8, 10], [10, 100]).p_value > 0.3


def test_an_excess_inside_strata_is_found() -> None:
    assert mantel_haenszel([9, 8], [10, 10], [30, 25], [100, 100]).p_value < 1e-4


def test_nothing_to_compare_with_is_not_a_number() -> None:
    assert math.isnan(mantel_haenszel([3], [5], [0], [0]).p_value)


def test_p_values_under_the_null_reach_a_level_no_oftener_than_it_says() -> None:
    rng = np.random.default_rng(1)
    share = rng.uniform(0.1, 0.9, (2000, 6))
    hits, others = rng.binomial(8, share), rng.binomial(20, share)
    eight, twenty = np.full(6, 8), np.full(6, 20)
    p = [mantel_haenszel(a, eight, c, twenty).p_value for a, c in zip(hits, others, strict=True)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.04, abs=0.02)
