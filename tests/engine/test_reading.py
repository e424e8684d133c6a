"""All kinds are read by one query, as each is read by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import polars as pl
import pytest
from tests.engine.tiny import HOUR, START, Bench

from commonmode.detectors import Collusion, Query
from commonmode.engine.reading import bounds_of, queries_of
from commonmode.engine.windows import window_of
from commonmode.events import ActionTaken, MessageSent, StateChanged

DETECTOR = Collusion()
KINDS = ("action_taken", "state_changed", "message_sent")
EVERYTHING = Query("true", {})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, DETECTOR)
    made.add(
        ActionTaken(id="1", at=START, agent="a", resource="x", task="t", cost=1.0, price=2.0),
        ActionTaken(id="2", at=START, agent="a"),
        StateChanged(id="3", at=START, agent="b", resource="x", price=3.0),
        MessageSent(id="4", at=START, agent="b", recipient="a", task="t"),
    )
    yield made
    made.close()


def read(bench: Bench, kinds: tuple[str, ...]) -> pl.DataFrame:
    (query,) = queries_of(DETECTOR, kinds, EVERYTHING)
    return bench.reader.query(query.text, query.parameters)


def test_read_at_once_they_are_the_rows_of_each_kind(bench: Bench) -> None:
    each = pl.concat([read(bench, (kind,)) for kind in KINDS], how="diagonal")
    at_once = read(bench, KINDS)
    assert at_once.height == 3
    assert at_once.select(each.columns).sort("kind").equals(each.sort("kind"))


def test_what_is_not_read_of_a_kind_is_not_handed_over_with_another(bench: Bench) -> None:
    rows = read(bench, KINDS).select("kind", "task", "cost", "price").sort("kind").rows()
    assert rows == [
        ("action_taken", "t", 1.0, None),
        ("message_sent", None, None, None),
        ("state_changed", None, None, 3.0),
    ]


def test_of_no_kinds_nothing_is_asked() -> None:
    assert queries_of(DETECTOR, (), EVERYTHING) == []


def test_windows_say_of_what_kinds_their_events_are(bench: Bench) -> None:
    for start, kinds in ((START, sorted(KINDS)), (START + 30 * HOUR, [])):
        query = bounds_of([window_of(start, DETECTOR.window)])
        *_, found = bench.reader.query(query.text, query.parameters).row(0)
        assert sorted(cast(list[str], found or [])) == kinds
