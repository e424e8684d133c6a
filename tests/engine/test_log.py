"""Windows read from the log: in spans, and of one that is sampled only what it can take in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, cast

import numpy as np
import polars as pl
import pytest
from tests.engine.tiny import HOUR, START, Bench, Busy, action

from commonmode.detectors import Detector, Monoculture, Tallies, TallyTable
from commonmode.detectors.bound import Bound
from commonmode.detectors.monoculture.votes import VOTES
from commonmode.detectors.query import Parameter
from commonmode.engine import explain
from commonmode.engine.as_of import STORED
from commonmode.engine.log import Log
from commonmode.engine.windows import window_of
from commonmode.events import ActionTaken, Event
from commonmode.store import Reader

EVENTS, SPAN = 2_000, 150
DAY = window_of(START, timedelta(days=1))


@dataclass(frozen=True, kw_only=True)
class Sampled(Monoculture):
    """Monoculture that samples a log small enough to test."""

    name: ClassVar[str] = "sampled"
    tables: ClassVar = {
        "votes": TallyTable(
            schema=VOTES.schema,
            keys=VOTES.keys,
            order=VOTES.order,
            firsts=VOTES.firsts,
            bound=Bound(group="context", member="agent", digest="place", most=600, most_each=11),
        )
    }
    draws: int = 99


def votes() -> list[Event]:
    """Family 0 of three copies one draw per context; some agents come back, and some are late."""
    rng = np.random.default_rng(3)
    made: list[Event] = []
    for n in range(EVENTS):
        agent, context = int(rng.integers(45)), int(rng.integers(80))
        own = int(rng.integers(4))
        choice = context % 4 if agent % 3 == 0 and rng.random() < 0.8 else own
        made.append(
            ActionTaken(
                id=f"e{n}",
                at=START + timedelta(hours=float(rng.uniform(0, 30))),
                agent=f"agent-{agent}",
                context=f"context-{context}",
                family=f"family-{agent % 3}",
                choice=f"option-{choice}",
            )
        )
    return made


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Sampled())
    made.add(*votes())
    yield made
    made.close()


def whole(detector: Detector, bench: Bench) -> Tallies:
    events = bench.reader.query("SELECT * FROM events WHERE \"at\" < '2026-01-02'")
    return detector.merge([detector.tally(events.lazy())])


class Counting:
    """A reader that counts its queries and the rows it hands out."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.queries = 0
        self.rows = 0

    def query(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> pl.DataFrame:
        found = self._reader.query(sql, parameters)
        self.queries += 1
        self.rows += found.height
        return found

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)


def log(reader: Reader, detector: Detector, span: int) -> Log:
    return Log(reader, detector, {STORED: EVENTS}, span)


def test_reading_in_spans_gives_the_sample_of_the_whole_from_fewer_events(bench: Bench) -> None:
    reader = Counting(bench.reader)
    parts = log(cast("Reader", reader), Sampled(), SPAN).parts([DAY])[DAY]

    assert Sampled().merge(parts)["votes"].equals(whole(Sampled(), bench)["votes"])
    assert reader.rows < EVENTS


def test_the_fewer_events_still_matter_the_more_of_the_log_is_read_at_once(bench: Bench) -> None:
    asked = []
    for detector in (Sampled(), Monoculture()):
        reader = Counting(bench.reader)
        log(cast("Reader", reader), detector, SPAN).parts([DAY])
        asked.append(reader.queries)

    assert asked[0] < asked[1]


@pytest.mark.parametrize("span", [1, 7, 150, EVENTS])
def test_windows_read_together_in_spans_have_what_each_has_alone(bench: Bench, span: int) -> None:
    hours = [window_of(START + n * HOUR, HOUR) for n in (0, 1, 3)]
    detector = Busy()
    read = log(bench.reader, detector, span).parts(hours)

    for hour in hours:
        sql = 'SELECT * FROM events WHERE "at" >= $start AND "at" < $end'
        events = bench.reader.query(sql, {"start": hour.start, "end": hour.end})
        alone = detector.merge([detector.tally(events.lazy())])
        assert detector.merge(read[hour])["actions"].equals(alone["actions"])


def test_a_late_event_far_behind_the_others_of_its_window_costs_no_more_queries(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    bench.add(*(action(n, "a", n) for n in range(900)), action(900, "a", 0.5))
    first, other = (window_of(START + hour * HOUR, HOUR) for hour in (0, 1))
    asked = []
    for hour in (first, other):
        reader = Counting(bench.reader)
        [part] = log(cast("Reader", reader), Busy(), 10).parts([hour])[hour]
        asked.append((reader.queries, part["actions"]["actions"].sum()))
    bench.close()

    assert asked == [(2, 2), (2, 1)]


def test_a_window_without_events_has_no_parts(bench: Bench) -> None:
    late = window_of(START + 999 * HOUR, HOUR)

    assert log(bench.reader, Busy(), SPAN).parts([late]) == {late: []}


def test_what_came_after_the_positions_is_not_read(bench: Bench) -> None:
    detector = Busy(window=timedelta(days=9))
    all_days = window_of(START, detector.window)
    [part] = Log(bench.reader, detector, {STORED: 10}).parts([all_days])[all_days]

    assert part["actions"]["actions"].sum() == 10


def test_a_sampled_finding_is_reproduced_by_its_sql_and_from_raw_events(bench: Bench) -> None:
    bench.engine(span=SPAN).tick(final=True)
    found = bench.findings()
    named = found.filter(pl.col("subject") == "family:family-0").sort("window_start")
    explanation = explain(bench.reader, named["finding_id"][0], (Sampled,))

    assert "sampled" in named["claim"][0]
    assert explanation.notes == ()
    assert explanation.reproduced


def test_a_window_that_is_not_full_is_read_whole_beside_one_that_is(bench: Bench) -> None:
    second = window_of(START + timedelta(days=1), timedelta(days=1))
    parts = log(bench.reader, Sampled(), SPAN).parts([DAY, second])
    alone = log(bench.reader, Sampled(), EVENTS).parts([second])

    assert Sampled().narrowing(parts[DAY][0]) is not None
    assert Sampled().narrowing(parts[second][0]) is None
    assert Sampled().merge(parts[second])["votes"].equals(alone[second][0]["votes"])
