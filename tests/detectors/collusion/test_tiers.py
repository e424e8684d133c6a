"""Each tier holds where it should, and its lookalike does not hold it."""

from __future__ import annotations

import itertools
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from commonmode.detectors.collusion.market import Market, market
from commonmode.detectors.collusion.prices import prices
from commonmode.detectors.collusion.tiers import Tier, held, word
from commonmode.detectors.collusion.tiers.dependence import price_dependence
from commonmode.detectors.collusion.tiers.outcome import profit_tiers
from commonmode.detectors.collusion.tiers.screens import price_screen
from commonmode.economy.bertrand import Bertrand

from .conftest import learned, posted, trading

BIN = timedelta(minutes=5)
BOTH = np.arange(2)


def laid(events: pl.DataFrame, sellers: int = 2) -> Market:
    found = market(prices(events.lazy(), BIN), "good", [f"seller-{n}" for n in range(sellers)])
    assert found is not None
    return found


def rivals(seed: int) -> pl.DataFrame:
    """Two sellers at the one-shot equilibrium, with a scatter."""
    rng, game = np.random.default_rng(seed), Bertrand()
    asked = game.nash * np.exp(rng.normal(0, 0.03, (270, 2)))
    sold = np.maximum(rng.poisson(500 * game.demand(asked)), 1).astype(float)
    return posted(asked, sold, cost=1.0)


def test_the_word_takes_three_tiers_with_an_answer_among_them() -> None:
    for states in itertools.product([True, False, None], repeat=4):
        tiers = [Tier(letter, "", state, "") for letter, state in zip("ABCD", states, strict=True)]
        said = word(tiers)
        if said == "collusion":
            assert held(tiers) >= 3
            assert states[2] or states[3]
            assert states[2] is not False
        if states[2] and held(tiers) >= 3:
            assert said == "collusion"


@pytest.mark.parametrize("seed", range(5))
def test_learners_gain_and_forgo_and_rivals_do_neither(seed: int) -> None:
    gain, reply = profit_tiers(laid(trading(learned(remembers=True, seed=5), seed=seed)), BOTH)
    assert gain.held
    assert gain.statistic > 0.5
    assert reply.statistic > 0.03
    gain, reply = profit_tiers(laid(rivals(seed)), BOTH)
    assert gain.held is False
    assert reply.held is False


def test_learners_without_memory_gain_and_forgo_too_which_is_why_that_is_not_enough() -> None:
    gain, reply = profit_tiers(laid(trading(learned(remembers=False, seed=3), seed=1)), BOTH)
    assert gain.held
    assert reply.held


def test_sales_that_prices_do_not_explain_leave_profits_untested() -> None:
    rng = np.random.default_rng(0)
    sold = rng.integers(1, 40, (270, 2)).astype(float)
    gain, reply = profit_tiers(laid(posted(rng.uniform(1, 2, (270, 2)), sold, cost=1.0)), BOTH)
    assert gain.held is reply.held is None
    assert "explain" in gain.why


def test_costs_that_are_not_logged_leave_dependence_untested() -> None:
    tier = price_dependence(
        laid(trading(learned(remembers=True, seed=5), cost=False)), BOTH, np.random.default_rng(0)
    )
    assert tier.held is None
    assert "costs" in tier.why


def several(variation: dict[str, float], seed: int = 0) -> pl.DataFrame:
    """Tallied prices of markets that vary by so much."""
    rng = np.random.default_rng(seed)
    return pl.concat(
        pl.DataFrame({"resource": name, "price": 2 * np.exp(rng.normal(0, spread, 40))})
        for name, spread in variation.items()
    )


def test_prices_that_hardly_move_beside_other_markets_hold_the_screen() -> None:
    others = {f"other-{n}": 0.05 for n in range(40)}
    assert price_screen(several({"good": 0.005, **others}), "good", "no sales").held
    assert price_screen(several({"good": 0.07, **others}), "good", "no sales").held is False


def test_a_price_floor_does_not_hold_the_screen() -> None:
    others = {f"other-{n}": 0.05 for n in range(40)}
    tier = price_screen(several({"good": 0.0, **others}), "good", "no sales")
    assert tier.held is False
    assert "floor" in tier.why


def test_a_screen_without_markets_to_compare_with_is_untested() -> None:
    assert price_screen(several({"good": 0.01, "other": 0.05}), "good", "no sales").held is None
