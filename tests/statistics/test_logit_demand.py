"""Logit demand is learned from sales, and knows what rivals and one firm would ask."""

import numpy as np
import pytest

from commonmode.economy.bertrand import Bertrand
from commonmode.statistics.logit_demand import LogitDemand, fit_logit_demand

COST = np.ones(2)


def calvano(sellers: int = 2) -> LogitDemand:
    return LogitDemand(1.0, np.full(sellers, 8.0), 0.25, 1.0)


@pytest.mark.parametrize("sellers", [2, 3, 4])
def test_nash_and_monopoly_prices_are_those_of_the_published_market(sellers: int) -> None:
    market, cost = Bertrand(sellers=sellers), np.ones(sellers)
    assert calvano(sellers).nash(cost) == pytest.approx(market.nash)
    assert calvano(sellers).monopoly(cost) == pytest.approx(market.monopoly)


def test_the_gain_is_nought_among_rivals_and_one_for_one_firm() -> None:
    market = calvano()
    assert market.gain(market.nash(COST)[None], COST) == pytest.approx(0)
    assert market.gain(market.monopoly(COST)[None], COST) == pytest.approx(1)


def test_no_price_earns_more_than_the_best_reply() -> None:
    market, prices = calvano(), np.array([1.8, 1.7])
    tried = np.array([[p, 1.7] for p in np.linspace(1.0, 3.0, 4001)])
    most = market.profit(tried, COST)[:, 0].max()
    assert market.best_profit(prices, COST)[0] == pytest.approx(most, rel=1e-6)


def test_noisy_sales_give_the_gain_nearly() -> None:
    rng = np.random.default_rng(0)
    prices = np.where(rng.random((250, 2)) < 0.1, rng.uniform(1.4, 2.0, (250, 2)), 1.8)
    sold = np.maximum(rng.poisson(500 * calvano().quantity(prices)), 1).astype(float)
    found = fit_logit_demand(prices, sold)
    assert found.gain(prices, COST) == pytest.approx(calvano().gain(prices, COST), abs=0.15)
    assert found.fit > 0.5


def test_sales_that_have_nothing_to_do_with_prices_are_not_explained() -> None:
    rng = np.random.default_rng(1)
    prices, sold = rng.uniform(1, 2, (200, 3)), rng.integers(1, 40, (200, 3)).astype(float)
    assert fit_logit_demand(prices, sold).fit < 0.1


@pytest.mark.parametrize("prices", [np.full((9, 2), 2.0), np.zeros((9, 2))])
def test_prices_that_tell_nothing_are_refused(prices: np.ndarray) -> None:
    with pytest.raises(ValueError, match="prices"):
        fit_logit_demand(prices, np.ones((9, 2)))
