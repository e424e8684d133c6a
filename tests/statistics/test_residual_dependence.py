"""What costs explain is no dependence; what is left over is."""

import numpy as np

from commonmode.statistics.residual_dependence import (
    member_dependence,
    net_of_cost,
    turned_dependence,
)


def walk(rng: np.random.Generator, sellers: int) -> np.ndarray:
    return np.asarray(np.exp(rng.normal(0, 0.01, (120, sellers)).cumsum(axis=0)))


def scatter(rng: np.random.Generator, sellers: int) -> np.ndarray:
    return np.exp(rng.normal(0, 0.01, (120, sellers)))


def test_costs_passed_on_leave_nothing_that_depends() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(60):
        cost = walk(rng, 1) * np.ones((1, 4))
        prices = 2 * cost**0.8 * scatter(rng, 4)
        assert turned_dependence(np.diff(np.log(prices), axis=0), rng, 99).p_value <= 0.05
        held += turned_dependence(net_of_cost(prices, cost), rng, 99).p_value <= 0.05
    # 60 at 5 %: more than 8 has probability .01.
    assert held <= 8


def test_news_that_moves_every_seller_is_taken_out() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(60):
        every = walk(rng, 1) * scatter(rng, 9)
        left = net_of_cost(every, np.ones_like(every))
        held += member_dependence(left, np.arange(3), rng, 99).p_value <= 0.05
    assert held <= 8


def test_wandering_alone_is_no_dependence() -> None:
    rng = np.random.default_rng(2)
    moves = (np.diff(np.log(walk(rng, 3)), axis=0) for _ in range(60))
    assert sum(turned_dependence(move, rng, 99).p_value <= 0.05 for move in moves) <= 8


def test_prices_agreed_beyond_cost_depend() -> None:
    rng = np.random.default_rng(3)
    cost = walk(rng, 3)
    found = turned_dependence(net_of_cost(cost * scatter(rng, 1), cost), rng)
    assert found.p_value <= 0.01
    assert found.z > 5


def test_prices_that_stand_still_depend_on_nothing() -> None:
    assert turned_dependence(np.zeros((50, 3)), np.random.default_rng(0), 99).p_value == 1
