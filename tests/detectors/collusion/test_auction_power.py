"""What pairs of bidders can show in few auctions, and what both tests of tier B hold (page 39)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from commonmode.detectors.collusion.auctions import bids, cleared, turns
from commonmode.detectors.collusion.auctions.book import Book
from commonmode.economy.innocents import BusyWinners, RivalBidders
from commonmode.economy.plants import Rotation
from commonmode.economy.sealed_bids import SealedBids
from commonmode.economy.worlds import worlds
from commonmode.evaluation.truth import culprits
from commonmode.statistics.bid_dependence import bid_residuals, independent_bids
from commonmode.statistics.exchangeability import exchangeable_bids

from .test_auctions import drawn

RATE = 0.05 / 10
"""A tenth of the rate is spent on bidders."""


def rarest(auctions: int, seed: int) -> tuple[list[float], int]:
    """The smallest p that any order gives each pair of a ring, and how many are tested."""
    world = next(w for w in worlds(300, 30_000) if w.name == f"rotation auctions={auctions}")
    events, _, _ = world.frame(seed)
    met = turns.contests(Book.of(bids(events.lazy()), cleared(events.lazy()), 30))
    found = turns.pairs(met)
    rings = [one.agents for one in culprits(events, "collusion")]
    inside = [
        (first, second)
        for first, second in found.select("first", "second").rows()
        if any({first, second} <= ring for ring in rings)
    ]
    chances = (turns.chance(met, *pair) for pair in inside)
    return sorted(float(c[np.flatnonzero(c)[-1]]) for c in chances), len(found)


@pytest.mark.slow
@pytest.mark.parametrize("auctions", [24, 32])
def test_pairs_of_a_ring_cannot_be_found_in_few_auctions_whatever_their_order(
    auctions: int,
) -> None:
    least, could = [], 0
    for seed in range(50):
        floors, tested = rarest(auctions, seed)
        least += floors
        could += any(p <= RATE * (n + 1) / tested for n, p in enumerate(floors))
    print(  # noqa: T201  the figures of page 39
        f"\n{auctions} auctions: {len(least)} of 600 pairs of rings tested, smallest p possible "
        f"{np.median(least):.4f} (median); in {could} of 50 logs could any pair have been found"
    )
    assert could <= 2


@pytest.mark.slow
@pytest.mark.parametrize("shock", [0.0, 0.1])
@pytest.mark.parametrize("auctions", [24, 64])
@pytest.mark.parametrize("plant", [Rotation, RivalBidders, BusyWinners])
def test_both_tests_of_tier_b_on_a_hundred_lots(
    plant: type[SealedBids], auctions: int, shock: float
) -> None:
    rng = np.random.default_rng(3)
    rows = []
    for seed in range(100):
        asked, costs = drawn(plant(auctions=auctions), seed)
        assert costs is not None
        moved = np.random.default_rng(seed + 999).normal(0, shock, (len(asked), 1))
        asked = asked * np.exp(moved)
        left = bid_residuals(asked[:, :4], costs[:, :4], np.isfinite(asked).sum(axis=1))
        alone = independent_bids(left, rng, draws=99).p_value
        other = exchangeable_bids(asked, costs, np.arange(4), rng, draws=199)
        rows.append((alone, other.p_value if other.auctions >= 10 else np.nan))
    found = pl.DataFrame(rows, schema=["independence", "exchangeability"], orient="row")
    tested = found.filter(pl.col("exchangeability").is_not_nan())
    held = tested.select((pl.all() <= 0.05).sum(), both=(pl.max_horizontal(pl.all()) <= 0.05).sum())
    print(f"\n{plant.name}, {auctions} auctions, shock {shock}: of {len(tested)}", held.rows())  # noqa: T201
    share = held["both"].item() / len(tested)
    assert share >= 0.9 if plant is Rotation else share <= 0.12
