"""Missing bids: D(ρ) on auctions worked out by hand, and what must hold of any."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.economy.sealed_bids import among_rivals
from commonmode.statistics.missing_bids import deviation_wins, lowest_rival, raised_bids

prices = st.lists(st.floats(1, 1e6), min_size=1, max_size=40)


def test_a_cartel_that_lets_one_win_by_far_leaves_money_on_the_table() -> None:
    bids = np.array([80.0, 100.0, 100.0] * 3)
    rivals = lowest_rival(np.repeat([1, 2, 3], 3), bids, reserve=100.0)
    assert deviation_wins(bids, rivals, 0.0) == pytest.approx(1 / 3)
    assert deviation_wins(bids, rivals, 0.2) == pytest.approx(1 / 3)
    assert deviation_wins(bids, rivals, 0.3) == 0


def test_close_competitors_lose_at_once_when_they_ask_more() -> None:
    bids = np.array([100.0, 100.5, 101.0] * 3)
    rivals = lowest_rival(np.repeat([1, 2, 3], 3), bids, reserve=200.0)
    assert deviation_wins(bids, rivals, 0.0) == pytest.approx(1 / 3)
    assert deviation_wins(bids, rivals, 0.01) == 0
    assert deviation_wins(bids, rivals, -0.02) == 1


def test_a_tie_is_half_a_win() -> None:
    assert deviation_wins([100.0], [110.0], 0.1) == 0.5


def test_a_lone_bid_is_measured_against_the_reserve_price() -> None:
    assert lowest_rival([7], [50.0], reserve=60.0).tolist() == [60.0]
    assert lowest_rival([7], [50.0]).tolist() == [math.inf]


def test_no_bid_says_nothing() -> None:
    assert math.isnan(deviation_wins([], [], 0.0))
    assert lowest_rival([], []).tolist() == []


@given(prices, st.floats(-0.5, 0.5), st.floats(0, 0.5))
def test_asking_more_never_wins_more(bids: list[float], shift: float, more: float) -> None:
    rivals = np.roll(bids, 1)
    assert deviation_wins(bids, rivals, shift + more) <= deviation_wins(bids, rivals, shift)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(1, 100)), max_size=30))
def test_a_rival_is_the_lowest_of_the_others(bids: list[tuple[int, float]]) -> None:
    auction, price = [a for a, _ in bids], [b for _, b in bids]
    by_hand = [
        min([p for k, (a, p) in enumerate(bids) if a == mine and k != i], default=math.inf)
        for i, (mine, _) in enumerate(bids)
    ]
    assert lowest_rival(auction, price).tolist() == by_hand


def test_equilibrium_bids_leave_no_money_lying() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(100):
        costs = rng.uniform(0.85, 1.15, (40, 4))
        bids = np.sort(among_rivals(costs), axis=1)
        won = np.sort(costs, axis=1)[:, 0]
        held += raised_bids(bids[:, 0], bids[:, 1], won, 0.02).p_value <= 0.05
    assert held <= 10


def test_a_gap_above_every_winner_is_money_left_lying() -> None:
    rng = np.random.default_rng(0)
    costs = rng.uniform(0.85, 1.15, 40)
    bids = costs + 0.07
    test = raised_bids(bids, bids * rng.uniform(1.03, 1.09, 40), costs, 0.02)
    assert test.kept == 40
    assert test.gain > 0.2
    assert test.p_value < 1e-3


def test_where_costs_are_unknown_even_no_lost_win_says_little() -> None:
    assert raised_bids([1.0] * 40, [1.1] * 40, 0.0, 0.02).p_value > 0.4
    assert raised_bids([1.0] * 400, [1.1] * 400, 0.0, 0.02).p_value < 1e-3


def test_nothing_is_said_of_winners_that_earn_nothing() -> None:
    assert math.isnan(raised_bids([1.0], [1.1], [1.2], 0.02).p_value)
    assert math.isnan(raised_bids([], [], [], 0.02).p_value)
