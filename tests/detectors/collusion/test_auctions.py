"""Bidders who take turns are found and named; rivals, busy winners and shocks are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from commonmode.detectors import Collusion, Query, Score
from commonmode.detectors.checks import Example, yield_checks
from commonmode.detectors.collusion.auctions import Auctions
from commonmode.detectors.collusion.auctions import bids as read_bids
from commonmode.detectors.collusion.auctions import cleared as read_cleared
from commonmode.detectors.collusion.auctions.book import Book
from commonmode.detectors.collusion.auctions.dependence import bid_dependence
from commonmode.detectors.collusion.presence import MESSAGES
from commonmode.detectors.collusion.talk import Talk
from commonmode.economy.innocents import BusyWinners, CommonCost, RivalBidders
from commonmode.economy.plants import Rotation
from commonmode.economy.sealed_bids import CHEAPEST, DEAREST, SealedBids

from .conftest import DAY, Roaming, frame

EVERY = timedelta(minutes=15)


def sold(
    bids: np.ndarray,
    costs: np.ndarray | None = None,
    *,
    lot: str = "lot",
    cleared: bool = True,
    highest: bool = False,
) -> pl.DataFrame:
    """Auctions of one lot, a quarter of an hour apart, with who won."""
    worth = 10 / bids if highest else 10 * bids
    turn, who = np.nonzero(np.isfinite(bids))
    own = None if costs is None else (10 / costs if highest else 10 * costs)[turn, who]
    made = frame(
        id=[f"{lot}-{t}-{w}" for t, w in zip(turn, who, strict=True)],
        kind=["bid_placed"] * len(turn),
        agent=[f"{lot}-bidder-{w}" for w in who],
        resource=[lot] * len(turn),
        context=[f"{lot}/{t}" for t in turn],
        at=[
            DAY.start + int(t) * EVERY + timedelta(seconds=7 * int(w))
            for t, w in zip(turn, who, strict=True)
        ],
        price=worth[turn, who],
        **{"value" if highest else "cost": own},
    )
    said = frame(
        id=[f"{lot}-cleared-{t}" for t in range(len(bids))],
        kind=["auction_cleared"] * len(bids),
        agent=["auctioneer"] * len(bids),
        context=[f"{lot}/{t}" for t in range(len(bids))],
        winner=[f"{lot}-bidder-{w}" for w in np.nanargmin(bids, axis=1)],
        at=[DAY.start + t * EVERY + timedelta(minutes=9) for t in range(len(bids))],
    )
    return pl.concat([made, said]) if cleared else made


def drawn(plant: SealedBids, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Bids and logged costs of one lot of a plant."""
    rng = np.random.default_rng(seed)
    costs = rng.uniform(CHEAPEST, DEAREST, (plant.auctions, plant.bidders + plant.fringe))
    costs[:, plant.bidders :][rng.random((plant.auctions, plant.fringe)) > plant.comes] = np.nan
    bids, logged = plant.bid(costs, rng)
    return bids * np.exp(rng.normal(0, 0.005, bids.shape)), logged


def ring(seed: int = 0) -> tuple[np.ndarray, np.ndarray | None]:
    return drawn(Rotation(), seed)


def rivals(seed: int, lot: str) -> pl.DataFrame:
    return sold(*drawn(RivalBidders(), seed), lot=lot)


MEMBERS = tuple(f"lot-bidder-{n}" for n in range(4))


def judged(events: pl.DataFrame) -> Sequence[Score]:
    return Collusion().detect(events.lazy(), DAY)


def found(events: pl.DataFrame) -> list[Score]:
    return [score for score in judged(events) if score.verdict == "finding"]


def asked(query: Query, events: pl.DataFrame) -> pl.DataFrame:
    connection = duckdb.connect()
    connection.register("events", events.to_arrow())
    table = connection.sql(query.text, params=dict(query.parameters)).to_arrow_table()
    return pl.DataFrame(pl.from_arrow(table))


def auctions(events: pl.DataFrame) -> Auctions:
    tallies = read_bids(events.lazy()), read_cleared(events.lazy())
    return Auctions(Collusion(), DAY, *tallies, seed=0)


NO_TALK = Talk(
    pl.DataFrame(schema=MESSAGES.schema), pl.DataFrame(schema={"agent": str, "operator": str})
)


def asked_again(score: Score, events: pl.DataFrame) -> float:
    return float(asked(score.recompute, events).item())


def test_bidders_that_take_turns_are_found_with_all_members() -> None:
    (score,) = found(sold(*ring()))
    assert tuple(sorted(score.agents)) == MEMBERS
    assert score.resources == ("lot",)
    assert "take turns at winning" in score.claim
    assert score.effect > 1.5
    assert score.statistic > score.null_sample[-1]
    assert score.measures["own_p"] <= 0.05


def test_two_dozen_auctions_show_the_turns_of_a_group_that_no_pair_shows() -> None:
    events = pl.concat([sold(*drawn(Rotation(auctions=32), 0)), rivals(1, "other")])
    (score,) = found(events)

    assert tuple(sorted(score.agents)) == MEMBERS
    assert auctions(events).pairs.filter(pl.col("q") <= 0.05).is_empty()
    assert score.n < 32


def test_one_who_comes_as_often_and_takes_no_turns_is_not_named() -> None:
    rng = np.random.default_rng(0)
    asked, costs = np.full((70, 4), 1.2), rng.uniform(CHEAPEST, DEAREST, (70, 4))
    turn = np.insert(np.tile(np.arange(3), 20), rng.integers(0, 60, 10), 3)
    asked[np.arange(70), turn] = 1.0
    events = sold(asked * np.exp(rng.normal(0, 0.005, asked.shape)), costs)

    (score,) = found(events)
    (whole,) = auctions(events).found_together(NO_TALK)

    for one in (score, whole):
        assert tuple(sorted(one.agents)) == MEMBERS[:3]
        assert asked_again(one, events) == one.statistic
    assert whole.measures["together"] == 4
    assert any("lot-bidder-3 does not" in reason for reason in whole.reasons)


def test_three_tiers_with_forgone_profit_beside_honest_auctions_are_called_collusion() -> None:
    events = pl.concat([sold(*ring(1)), rivals(1, "other"), rivals(2, "third")])
    (score,) = found(events)
    assert {name for name in score.measures if name in ("tier_a", "tier_b", "tier_d")}
    assert score.measures["tiers_held"] == 3
    assert ": collusion (tiers A, B and D hold, C could not be tested)" in score.claim


def test_each_tier_says_what_it_was_compared_with_or_why_it_could_not_be() -> None:
    (score,) = found(sold(*ring()))
    a, b, c, d = score.reasons[:4]
    assert "only 0 other auctions" in a
    assert "null: own bids dealt out anew, and bids exchanged" in b
    assert "sealed bids leave no standing price" in c
    assert "null: at most" in d


def test_tier_b_holds_only_if_bids_follow_costs_unlike_those_of_others_too() -> None:
    (score,) = found(sold(*ring()))
    assert "members are not exchangeable with others" in score.reasons[1]
    assert "exchanged in each" in score.reasons[1]

    bids, costs = drawn(RivalBidders(), 0)
    shocked = sold(bids * np.exp(np.random.default_rng(0).normal(0, 0.1, (64, 1))), costs)
    book = Book.of(read_bids(shocked.lazy()), read_cleared(shocked.lazy()), 30)
    tier = bid_dependence(book.among(MEMBERS, 2), MEMBERS, np.random.default_rng(0))
    assert tier.held is False
    assert "(p = 0.001) and members may be exchangeable" in tier.why


def test_without_anyone_beside_the_ring_exchangeability_is_said_to_be_untested() -> None:
    (score,) = found(sold(*drawn(Rotation(fringe=0), 0)))
    assert (
        "exchangeability could not be tested (others whose cost is logged bid in 0"
        in (score.reasons[1])
    )
    assert score.measures["tier_b"] == 1


def test_without_costs_dependence_and_reply_are_untested() -> None:
    bids, _ = ring()
    (score,) = found(sold(bids))
    untested = [reason[0] for reason in score.reasons[:4] if "could not be tested" in reason]
    assert untested == ["A", "B", "C", "D"]
    assert "co-ordination, unexplained" in score.claim
    assert any("would change as well" in reason for reason in score.reasons)


def test_where_the_highest_bid_wins_a_ring_is_found_as_well() -> None:
    events = sold(*ring(), highest=True)
    (score,) = found(events)
    assert tuple(sorted(score.agents)) == MEMBERS
    assert score.statistic == found(sold(*ring()))[0].statistic
    assert any("highest bids win here" in reason for reason in score.reasons)


def test_a_log_that_does_not_say_who_won_says_what_was_assumed() -> None:
    (score,) = found(sold(*ring(), cleared=False))
    assert any("the lowest bid is taken to win" in reason for reason in score.reasons)


@pytest.mark.parametrize(("cleared", "highest"), [(True, False), (True, True), (False, False)])
def test_the_statement_gives_the_statistic_again(
    cleared: bool,  # noqa: FBT001
    highest: bool,  # noqa: FBT001
) -> None:
    events = sold(*ring(), cleared=cleared, highest=highest)
    earlier = events.with_columns(pl.col("at") - pl.duration(days=1), id=pl.col("id") + "-1")
    for log in (events, rivals(0, "lot")):
        (score,) = judged(log)
        assert asked(score.recompute, pl.concat([earlier, log])).item() == score.statistic


def test_the_detector_keeps_its_contract_on_auctions() -> None:
    events = pl.concat([sold(*ring()), rivals(3, "other")])
    example = Example(
        detector=Collusion(),
        events=events,
        window=DAY,
        fires=MEMBERS,
        silent=tuple(f"other-bidder-{n}" for n in range(7)),
    )

    for _, check in yield_checks(example, asked):
        check()


def test_bidders_that_come_to_every_auction_do_not_meet_by_that() -> None:
    (score,) = judged(rivals(0, "lot"))
    assert score.verdict == "clear"
    assert "No bidders take turns" in score.claim


def test_bad_rows_take_nothing_along() -> None:
    good = sold(*ring())
    bad = frame(
        id=["no price", "nought", "nan", "no auction", "alone"],
        kind=["bid_placed"] * 5,
        agent=["x", "x", "x", "x", "x"],
        context=["lot/0", "lot/1", "lot/2", None, "lonely"],
        price=[None, 0.0, float("nan"), 1.0, 1.0],
        at=[DAY.start] * 5,
    )
    stranger = frame(
        id=["stranger"], kind=["auction_cleared"], agent=["a"], at=[DAY.start],
        context=["lonely"], winner=["nobody"],
    )  # fmt: skip
    (score,) = found(pl.concat([good, bad, stranger]))
    assert tuple(sorted(score.agents)) == MEMBERS
    assert score.statistic == found(good)[0].statistic


def test_a_tie_that_nobody_resolved_has_no_winner() -> None:
    level = np.ones((20, 3))
    assert judged(sold(level, cleared=False)) == []


def test_nothing_is_spent_on_bidders_where_none_can_be_tested() -> None:
    visits = Roaming(seed=1, rings=1).events
    alone = sold(*drawn(RivalBidders(auctions=3), 0))
    for log in (visits, pl.concat([visits, alone])):
        (score,) = found(log)
        (spared,) = Collusion(auctions_share=0.0).detect(visits.lazy(), DAY)
        assert score.q_value == spared.q_value


@pytest.mark.slow
@pytest.mark.parametrize("lookalike", [RivalBidders(), BusyWinners(), CommonCost()])
def test_no_more_than_the_stated_share_of_honest_logs_is_flagged(lookalike: SealedBids) -> None:
    logs = (sold(*drawn(lookalike, seed)) for seed in range(1000, 1050))
    # 50 logs at 5 %: more than 6 flagged has probability .01.
    assert sum(bool(found(log)) for log in logs) <= 6
