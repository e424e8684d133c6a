"""Screens are those that the literature computes by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.statistics.screens import bid_screens

BIDS = st.lists(st.floats(1, 1e6), min_size=2, max_size=12)


def test_a_worked_example() -> None:
    screens = bid_screens([90.0, 100.0, 110.0])
    assert screens.variation == pytest.approx(0.1)
    assert screens.spread == pytest.approx(2 / 9)
    assert screens.difference == pytest.approx(1 / 9)
    assert screens.distance == pytest.approx(10 / math.sqrt(50))
    assert screens.skewness == pytest.approx(0, abs=1e-12)


@given(BIDS, st.floats(0.1, 10))
def test_the_unit_of_money_makes_no_difference(bids: list[float], unit: float) -> None:
    one, other = bid_screens(bids), bid_screens([unit * bid for bid in bids])
    assert one.spread == pytest.approx(other.spread, rel=1e-6, abs=1e-9)
    assert one.variation == pytest.approx(other.variation, rel=1e-6, abs=1e-9)


def test_one_bid_alone_says_nothing() -> None:
    assert all(math.isnan(figure) for figure in bid_screens([100.0]))


def test_equal_losers_have_no_distance() -> None:
    assert math.isnan(bid_screens([90.0, 100.0, 100.0]).distance)
