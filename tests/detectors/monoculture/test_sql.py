"""The SQL of a monoculture finding gives its number and its votes again."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import pytest

from commonmode.detectors import Monoculture, Query
from commonmode.events import digest

from .conftest import DAY, Voting


def run(query: Query, events: pl.DataFrame) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.register("told", events.to_arrow())
    digests = ", ".join(f"{digest(name)} AS {name}_digest" for name in ("agent", "context"))
    connection.execute(f"CREATE VIEW events AS SELECT *, {digests} FROM told")
    return connection.execute(query.text, dict(query.parameters)).fetchall()


@pytest.mark.parametrize(
    "economy",
    [
        {"copying": 0.5},
        {"copying": 0.5, "with_operators": False},
        {"prompted": 0.5, "shocked": 0.4},
    ],
)
def test_recomputing_gives_the_statistic_to_nine_digits(economy: dict[str, float]) -> None:
    events = Voting(seed=1, **economy).events  # type: ignore[arg-type]
    earlier = events.with_columns(
        at=pl.col("at") - pl.duration(days=1), id=pl.col("id") + "-earlier", choice=pl.lit("same")
    )
    for score in Monoculture().detect(events.lazy(), DAY):
        ((again,),) = run(score.recompute, pl.concat([earlier, events]))
        assert again == pytest.approx(score.statistic, abs=1e-9)


def test_recomputing_keeps_roles_apart_and_lets_models_stand_in_for_families() -> None:
    events = Voting(seed=2, copying=0.4).events.with_columns(
        role=pl.when(pl.col("agent").str.ends_with("3")).then(pl.lit("buyer")),
        model=pl.col("family"),
        family=pl.when(pl.col("agent").str.ends_with("5")).then(None).otherwise(pl.col("family")),
    )
    for score in Monoculture().detect(events.lazy(), DAY):
        ((again,),) = run(score.recompute, events)
        assert again == pytest.approx(score.statistic, abs=1e-9)


def test_the_evidence_is_the_votes_of_the_agents_named() -> None:
    events = Voting(seed=1, copying=(0.6, 0, 0, 0)).events
    found = next(s for s in Monoculture().detect(events.lazy(), DAY) if s.verdict == "finding")
    rows = run(found.evidence, events)
    named = events.filter(pl.col("agent").is_in(found.agents)).sort("at", "id")
    assert [row[0] for row in rows] == named["id"].to_list()


def test_hostile_names_stay_in_the_parameters() -> None:
    name = "x'; DROP TABLE events; --"
    events = Voting(seed=1, copying=0.5).events.with_columns(
        family=pl.col("family").replace("family-0", name)
    )
    score = next(
        s for s in Monoculture().detect(events.lazy(), DAY) if s.subject == f"family:{name}"
    )
    assert name not in score.recompute.text
    assert run(score.recompute, events) == [(pytest.approx(score.statistic, abs=1e-9),)]
