"""The market's prices are those of its first-order conditions, and nobody gains at Nash."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.economy.bertrand import Bertrand


def test_prices_are_those_published() -> None:
    market = Bertrand()
    assert (market.nash, market.monopoly) == pytest.approx((1.47293, 1.92498), abs=5e-6)
    assert (market.nash_profit, market.monopoly_profit) == pytest.approx(
        (0.22293, 0.33749), abs=5e-6
    )


@pytest.mark.parametrize(("sellers", "nash"), [(3, 1.3702), (4, 1.3315)])
def test_more_sellers_compete_to_the_published_price(sellers: int, nash: float) -> None:
    assert Bertrand(sellers=sellers).nash == pytest.approx(nash, abs=5e-5)


@given(sellers=st.integers(2, 4), other=st.floats(1.0, 3.0))
def test_at_the_nash_price_no_other_price_earns_more(sellers: int, other: float) -> None:
    market = Bertrand(sellers=sellers)
    prices = np.full(sellers, market.nash)
    prices[0] = other
    assert market.profit(prices)[0] <= market.nash_profit + 1e-9


@given(sellers=st.integers(2, 4), price=st.floats(1.0, 3.0))
def test_no_price_common_to_all_earns_more_than_the_monopoly_price(
    sellers: int, price: float
) -> None:
    market = Bertrand(sellers=sellers)
    assert market.profit(np.full(sellers, price))[0] <= market.monopoly_profit + 1e-9


def test_the_gain_is_nought_at_nash_and_one_at_monopoly() -> None:
    market = Bertrand()
    assert market.gain(market.nash_profit) == 0
    assert market.gain(market.monopoly_profit) == 1
