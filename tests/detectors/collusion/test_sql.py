"""The SQL of a collusion finding gives its number and its acts again."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import pytest

from commonmode.detectors import Collusion, Query, Score

from .conftest import DAY, Roaming


def run(query: Query, events: pl.DataFrame) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.register("events", events.to_arrow())
    return connection.execute(query.text, dict(query.parameters)).fetchall()


def scores(events: pl.DataFrame) -> list[Score]:
    return list(Collusion().detect(events.lazy(), DAY))


@pytest.mark.parametrize(
    "economy",
    [
        {"rings": 2},
        {"rings": 1, "places": 6, "session": 2},
        {"rings": 1, "spread": 12.0, "joint": 12},
        {},
    ],
)
def test_recomputing_gives_the_statistic(economy: dict[str, float]) -> None:
    events = Roaming(seed=1, **economy).events  # type: ignore[arg-type]
    earlier = events.with_columns(
        at=pl.col("at") - pl.duration(days=1), id=pl.col("id") + "-earlier"
    )
    judged = scores(events)
    assert judged
    for score in judged:
        assert run(score.recompute, pl.concat([earlier, events])) == [(score.statistic,)]


def test_crowds_are_left_out_of_the_recomputed_number_too() -> None:
    events = Roaming(seed=2, agents=60, rings=1, rushes=8, reach=0.8).events
    for score in scores(events):
        assert run(score.recompute, events) == [(score.statistic,)]


def test_the_evidence_is_acts_of_members_on_the_resources_named() -> None:
    events = Roaming(seed=1, rings=1, places=3).events
    (score,) = scores(events)
    ids = {row[0] for row in run(score.evidence, events)}
    rows = events.filter(pl.col("id").is_in(list(ids)))
    assert len(rows) == len(ids) >= 8 * len(score.agents)
    assert set(rows["agent"]) == set(score.agents)
    assert set(rows["resource"]) == set(score.resources)


def test_hostile_names_stay_in_the_parameters() -> None:
    world = Roaming(seed=1, rings=1)
    name = "x'; DROP TABLE events; --"
    events = world.events.with_columns(pl.col("agent").replace(world.members[0][0], name))
    (score,) = scores(events)
    assert name in score.agents
    assert name not in score.recompute.text + score.evidence.text
    assert run(score.recompute, events) == [(score.statistic,)]
