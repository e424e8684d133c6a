"""Rates know how sure they are, and say why when there is none."""

import math

from hypothesis import given
from hypothesis import strategies as st

from commonmode.evaluation import Rate


def test_no_trials_is_no_rate_and_says_why() -> None:
    rate = Rate(0, 0, "no culprit was planted")

    assert math.isnan(rate.value)
    assert rate.reason == "no culprit was planted"
    assert rate.interval() == (0.0, 1.0)


@given(st.integers(1, 500), st.data())
def test_the_interval_holds_the_rate(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials))
    rate = Rate(hits, trials)

    low, high = rate.interval()

    assert 0 <= low <= rate.value + 1e-12
    assert rate.value - 1e-12 <= high <= 1
    assert rate.reason == ""


@given(st.integers(0, 20))
def test_more_trials_are_surer(hits: int) -> None:
    few, many = Rate(hits, 20).interval(), Rate(10 * hits, 200).interval()

    assert many[1] - many[0] < few[1] - few[0]
