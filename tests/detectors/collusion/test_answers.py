"""Sellers that answer each other's cuts are found and named; dear sellers that do not are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb
import numpy as np
import polars as pl
import pytest

from commonmode.detectors import Collusion, Score

from .conftest import DAY, Roaming, frame, learned, posted, trading

PUNISHERS = 5
"""A session of learners whose prices rest, so that their answers to a cut can be seen."""


def found(events: pl.DataFrame) -> list[Score]:
    judged: Sequence[Score] = Collusion().detect(events.lazy(), DAY)
    return [score for score in judged if score.verdict == "finding"]


def numbers(score: Score, letter: str) -> dict[str, float]:
    key = f"tier_{letter.lower()}"
    return {n.removeprefix(key): v for n, v in score.measures.items() if n.startswith(key)}


def test_learners_that_punish_hold_three_tiers_and_are_called_collusion() -> None:
    (score,) = found(trading(learned(remembers=True, seed=PUNISHERS), seed=1))
    assert score.agents == ("seller-0", "seller-1")
    assert score.measures["tiers_held"] >= 3
    assert score.measures["tier_c"] == 1
    assert ": collusion (tiers A, B, C" in score.claim
    assert score.effect > 0.03


@pytest.mark.parametrize("seed", range(6))
def test_learners_without_memory_are_never_named(seed: int) -> None:
    assert not found(trading(learned(remembers=False, seed=seed), seed=seed))


@pytest.mark.parametrize("seed", range(4))
def test_short_sighted_learners_are_never_named(seed: int) -> None:
    assert not found(trading(learned(remembers=True, seed=seed, patience=0.0), seed=seed))


def test_each_tier_shows_its_number_its_null_and_n() -> None:
    (score,) = found(trading(learned(remembers=True, seed=PUNISHERS), seed=1))
    for letter, reason in zip("ABCD", score.reasons, strict=False):
        assert reason.startswith(f"{letter}, ")
        assert "null: " in reason
        assert set(numbers(score, letter)) == {"", "_statistic", "_p", "_n"}


def test_without_costs_three_tiers_are_said_to_be_untestable() -> None:
    (score,) = found(trading(learned(remembers=True, seed=PUNISHERS), seed=1, cost=False))
    untested = [
        reason[0] for reason in score.reasons if "could not be tested on this log" in reason
    ]
    assert untested == ["A", "B", "D"]
    assert "co-ordination, unexplained (tier C holds" in score.claim
    assert set(numbers(score, "A")) == set()


def test_the_statement_gives_the_statistic_again() -> None:
    for cost in (True, False):
        events = trading(learned(remembers=True, seed=PUNISHERS), seed=1, cost=cost)
        earlier = events.with_columns(pl.col("at") - pl.duration(days=1), id=pl.col("id") + "-1")
        (score,) = found(events)
        connection = duckdb.connect()
        connection.register("events", pl.concat([earlier, events]).to_arrow())
        table = connection.execute(score.recompute.text, dict(score.recompute.parameters))
        assert table.fetchall() == [(pytest.approx(score.statistic, rel=1e-9),)]
        cited = connection.execute(
            f"SELECT DISTINCT agent FROM ({score.evidence.literal()}) ORDER BY agent"
        )
        assert cited.fetchall() == [(agent,) for agent in score.agents]


def test_a_third_seller_that_answers_nobody_is_not_named() -> None:
    events = trading(learned(remembers=True, seed=PUNISHERS), seed=1, cost=False)
    rng = np.random.default_rng(0)
    alone = posted(np.where(rng.random((270, 1)) < 0.02, 1.9, 1.8))
    alone = alone.with_columns(agent=pl.lit("alone"), id=pl.col("id") + "-alone")
    (score,) = found(pl.concat([events, alone]))
    assert "alone" not in score.agents


def passing_on(seed: int) -> pl.DataFrame:
    """Eight sellers pass a cost on that jumps all day, each within three rounds of its own."""
    rng = np.random.default_rng(seed)
    cost = np.exp(np.cumsum((rng.random(270) < 0.1) * rng.normal(0, 0.08, 270)))
    late = np.maximum(np.arange(270)[:, None] - rng.integers(0, 3, (270, 8)), 0)
    paid = np.maximum.accumulate(late, axis=0)
    return posted(1.5 * cost[paid] ** 0.8, cost=cost[paid])


def floor(seed: int) -> pl.DataFrame:
    """Ten sellers ask the legal minimum all day."""
    del seed
    return posted(np.full((270, 10), 1.1))


def reference(seed: int) -> pl.DataFrame:
    """Six sellers follow a public price that swells and ripples, each with its own scatter."""
    rng = np.random.default_rng(seed)
    t = np.arange(270)[:, None]
    public = 1 + 0.05 * np.sin(2 * np.pi * t / 288 + seed) + 0.02 * np.sin(2 * np.pi * t / 19.4)
    return posted(public * np.exp(rng.normal(0, 0.02, (270, 6))))


@pytest.mark.slow
@pytest.mark.parametrize("lookalike", [passing_on, floor, reference])
def test_sellers_that_move_alike_without_answering_are_not_named(
    lookalike: Callable[[int], pl.DataFrame],
) -> None:
    # 50 worlds at 5 %: more than 6 flagged has probability .01.
    assert sum(bool(found(lookalike(seed))) for seed in range(1000, 1050)) <= 6


@pytest.mark.slow
def test_worlds_of_learners_without_memory_are_flagged_no_oftener_than_stated() -> None:
    flagged = [
        found(trading(learned(remembers=False, seed=seed % 10), seed=seed)) for seed in range(50)
    ]
    assert sum(map(bool, flagged)) <= 6
    assert not any(": collusion" in score.claim for scores in flagged for score in scores)


def test_a_ring_that_meets_and_posts_prices_shows_what_its_prices_say() -> None:
    world = Roaming(seed=1, rings=1)
    events = trading(learned(remembers=True, seed=PUNISHERS), seed=1)
    one, two, *_ = world.members[0]
    trade = events.with_columns(pl.col("agent").replace({"seller-0": one, "seller-1": two}))
    scores = found(pl.concat([world.events, trade]))
    assert any(score.measures.get("tier_c") == 1 for score in scores)


def test_one_seller_alone_is_no_market() -> None:
    events = posted(np.full((50, 1), 2.0))
    assert not found(events)


def test_prices_that_are_no_number_lose_nobody_else() -> None:
    events = trading(learned(remembers=True, seed=PUNISHERS), seed=1)
    odd = frame(
        id=["x", "y"],
        kind=["state_changed"] * 2,
        agent=["seller-0", "seller-1"],
        resource=["good"] * 2,
        at=[DAY.start] * 2,
        price=[float("nan"), -1.0],
    )
    assert len(found(pl.concat([events, odd]))) == 1
