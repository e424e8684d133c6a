"""Bids that depend on each other show; costs, usual bids and the number of bidders do not."""

import numpy as np
import pytest

from commonmode.economy.sealed_bids import among_rivals
from commonmode.statistics.bid_dependence import bid_residuals, independent_bids, members_bids


def rivals(seed: int, bidders: int = 4, auctions: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Costs and equilibrium bids, now and then with more bidders."""
    rng = np.random.default_rng(seed)
    costs = rng.uniform(0.85, 1.15, (auctions, bidders + 3))
    costs[:, bidders:][rng.random((auctions, 3)) > 0.3] = np.nan
    return costs, among_rivals(costs) * np.exp(rng.normal(0, 0.005, costs.shape))


def covered(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The first four follow the bid of one of them."""
    costs, bids = rivals(seed)
    rng = np.random.default_rng(seed + 1)
    chosen = rng.integers(0, 4, len(bids))
    asked = bids[np.arange(len(bids)), chosen]
    bids[:, :4] = asked[:, None] * rng.uniform(1.03, 1.09, (len(bids), 4))
    bids[np.arange(len(bids)), chosen] = asked
    return costs, bids


def p_value(costs: np.ndarray, bids: np.ndarray) -> float:
    left = bid_residuals(bids[:, :4], costs[:, :4], np.isfinite(bids).sum(axis=1))
    return independent_bids(left, np.random.default_rng(0), draws=199).p_value


def test_covers_depend_on_the_bid_they_cover() -> None:
    assert all(p_value(*covered(seed)) <= 0.01 for seed in range(10))


def test_rivals_depend_on_nothing_as_often_as_stated() -> None:
    held = sum(p_value(*rivals(seed)) <= 0.05 for seed in range(60))
    # 60 at 5 %: more than 8 has probability .01.
    assert held <= 8


def test_how_many_came_is_no_dependence_although_all_bid_lower_then() -> None:
    costs, bids = rivals(1)
    blind = bid_residuals(bids[:, :4], costs[:, :4], np.zeros(len(bids), int))
    assert independent_bids(blind, np.random.default_rng(0)).p_value <= 0.05
    assert p_value(costs, bids) > 0.05


@pytest.mark.parametrize("seed", range(5))
def test_a_shock_that_nobody_logs_is_taken_out_where_others_bid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs, shock = rng.uniform(0.85, 1.15, (60, 8)), np.exp(rng.normal(0, 0.2, (60, 1)))
    bids = among_rivals(costs) * shock
    left = bid_residuals(bids, costs, np.full(60, 8))
    assert independent_bids(left, rng, draws=199).p_value <= 0.05
    assert members_bids(left, np.arange(3), rng, draws=199).p_value > 0.05
