"""Bids that follow costs unlike others' show; shocks, levels and who is dear do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.economy.innocents import BusyWinners, RivalBidders
from commonmode.economy.plants import Rotation
from commonmode.economy.sealed_bids import CHEAPEST, DEAREST, SealedBids
from commonmode.statistics.exchangeability import Exchange, exchangeable_bids


def lot(plant: SealedBids, seed: int, shock: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Bids and costs of four regulars and three who come now and then."""
    rng = np.random.default_rng(seed)
    costs = rng.uniform(CHEAPEST, DEAREST, (plant.auctions, 7))
    costs[:, 4:][rng.random((plant.auctions, 3)) > plant.comes] = np.nan
    bids, paid = plant.bid(costs, rng)
    assert paid is not None
    noise = rng.normal(0, 0.005, bids.shape) + rng.normal(0, shock, (len(bids), 1))
    return bids * np.exp(noise), paid


def tried(bids: np.ndarray, costs: np.ndarray, draws: int = 199) -> Exchange:
    return exchangeable_bids(bids, costs, np.arange(4), np.random.default_rng(0), draws)


def by_least_squares(bids: np.ndarray, costs: np.ndarray) -> float:
    """F of the model as it stands, an effect for each auction and all."""
    turn, who = np.nonzero(np.isfinite(bids))
    there = np.isfinite(bids)
    both = np.minimum(there[:, :4].sum(axis=1), there[:, 4:].sum(axis=1)) > 0
    turn, who = turn[both[turn]], who[both[turn]]
    own, member = np.log(costs[turn, who]), (who < 4).astype(float)
    mean = [
        np.log(costs[t][np.isfinite(costs[t]) & (np.arange(7) != w)]).mean()
        for t, w in zip(turn, who, strict=True)
    ]
    effects = (turn[:, None] == np.unique(turn)).astype(float)
    plain = np.column_stack([effects, own, member])
    whole = np.column_stack([plain, member * own, member * np.array(mean)])
    y = np.log(bids[turn, who])
    left = [float(np.linalg.lstsq(x, y)[1].sum()) for x in (plain, whole)]
    return float((left[0] - left[1]) / 2 / (left[1] / (len(y) - whole.shape[1])))


@pytest.mark.parametrize("plant", [RivalBidders(), Rotation()])
def test_f_is_that_of_least_squares_with_an_effect_for_each_auction(plant: SealedBids) -> None:
    bids, costs = lot(plant, 3)

    assert tried(bids, costs, draws=9).statistic == pytest.approx(by_least_squares(bids, costs))


@pytest.mark.parametrize("auctions", [24, 64])
def test_covers_follow_costs_unlike_the_bids_of_others(auctions: int) -> None:
    found = [tried(*lot(Rotation(auctions=auctions), seed)) for seed in range(10)]

    assert all(one.p_value <= 0.05 and one.own < 0 for one in found if one.auctions >= 10)


@pytest.mark.parametrize("shock", [0.0, 0.1])
@pytest.mark.parametrize("plant", [RivalBidders(), BusyWinners()])
def test_those_who_compete_are_told_apart_no_more_often_than_stated(
    plant: SealedBids, shock: float
) -> None:
    held = sum(tried(*lot(plant, seed, shock), draws=99).p_value <= 0.05 for seed in range(100))
    # 100 at 5 %: more than 11 has probability .01.
    assert held <= 11


@given(st.floats(0.1, 10), st.floats(0.5, 2))
@settings(max_examples=20, deadline=None)
def test_units_and_a_level_of_ones_own_change_nothing(unit: float, level: float) -> None:
    bids, costs = lot(RivalBidders(auctions=24), 1)
    dearer = unit * bids * np.where(np.arange(7) < 4, level, 1.0)

    one, other = tried(bids, costs, draws=19), tried(dearer, unit * costs, draws=19)

    assert one.statistic == pytest.approx(other.statistic, rel=1e-6)
    assert one.own == pytest.approx(other.own, abs=1e-9)


@given(st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_what_an_auction_does_to_all_who_bid_changes_nothing(seed: int) -> None:
    bids, costs = lot(RivalBidders(auctions=24), 1)
    shocked = bids * np.exp(np.random.default_rng(seed).normal(0, 1, (24, 1)))

    one, other = tried(bids, costs, draws=99), tried(shocked, costs, draws=99)

    assert one.statistic == pytest.approx(other.statistic, rel=1e-6)
    assert one.p_value == other.p_value


def test_without_anyone_beside_the_ring_there_is_nothing_to_exchange() -> None:
    bids, costs = lot(Rotation(), 0)
    bids[:, 4:] = np.nan

    found = tried(bids, costs)

    assert np.isnan(found.statistic)
    assert found.auctions == 0


def test_costs_that_never_differ_say_nothing() -> None:
    bids, costs = lot(RivalBidders(), 0)

    assert np.isnan(tried(bids, np.where(np.isfinite(costs), 1.0, np.nan)).p_value)
