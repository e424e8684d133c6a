"""Cuts that are answered and forgiven are told from shocks, noise and chance."""

import numpy as np
import pytest

from commonmode.statistics.footprint_response import (
    Response,
    decaying_response,
    footprints,
    resting,
)


def trying(rng: np.random.Generator, sellers: int = 2, rounds: int = 260) -> np.ndarray:
    """Prices at rest, but for a random one now and then."""
    tried = rng.random((rounds, sellers)) < 0.04
    return np.where(tried, rng.uniform(1.4, 2.0, (rounds, sellers)), 1.8)


def punished(prices: np.ndarray) -> np.ndarray:
    """Prices with every cut of another's answered for two rounds."""
    answered = prices.copy()
    for t, who in zip(*np.nonzero(prices < 1.75), strict=True):
        for other in set(range(prices.shape[1])) - {int(who)}:
            answered[t + 1 : t + 3, other] = 1.5
    return answered


def response(prices: np.ndarray, seed: int = 0) -> Response:
    found = footprints(prices, resting(prices))
    return decaying_response(found, np.random.default_rng(seed), draws=199)


def test_punishment_shows_in_the_first_rounds_and_is_gone_at_the_horizon() -> None:
    found = response(punished(trying(np.random.default_rng(1))))
    assert found.p_value == pytest.approx(0.005)
    assert found.path[:2].min() > 0.1
    assert abs(found.path[-2:]).max() < 0.05


def test_sellers_that_try_prices_alone_are_found_no_oftener_than_stated() -> None:
    p = [response(trying(np.random.default_rng(s)), s).p_value for s in range(100)]
    # 100 at 5 %: more than 11 has probability .01.
    assert sum(value <= 0.05 for value in p) <= 11


def test_a_cost_shock_that_reaches_one_after_the_other_and_stays_is_no_answer() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        prices = np.full((300, 3), 2.0)
        for at in range(12, 288, 24):
            factor = rng.uniform(0.9, 1.08)
            for seller in range(3):
                prices[at + rng.integers(0, 3) :, seller] *= factor
        assert response(prices).p_value > 0.05


def test_noise_in_every_price_is_no_cut() -> None:
    rng = np.random.default_rng(3)
    prices = 2 * np.exp(rng.normal(0, 0.03, (300, 4)))
    assert len(footprints(prices, resting(prices)).answers) < 5


def test_sellers_that_take_turns_in_a_cycle_rest_in_it() -> None:
    prices = np.tile([[2.0, 1.7], [1.7, 2.0]], (100, 1))
    assert resting(prices).cycle == 2
    assert len(footprints(prices, resting(prices)).answers) == 0


def test_prices_that_never_move_have_no_cut() -> None:
    found = response(np.full((50, 2), 2.0))
    assert (found.n, found.p_value) == (0, 1.0)
