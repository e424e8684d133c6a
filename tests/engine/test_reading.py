"""A window that is sampled reads only what its sample can take in, and finds the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
from tests.engine.tiny import START, Bench

from commonmode.detectors import Detector, Monoculture, Tallies, TallyTable, Window
from commonmode.detectors.bound import Bound
from commonmode.detectors.monoculture.votes import VOTES
from commonmode.engine import explain, ledger, shards
from commonmode.engine.counting import count
from commonmode.engine.state import State
from commonmode.events import ActionTaken, Event
from commonmode.store import Batch

EVENTS, SPAN = 2_000, 150


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


def counted(bench: Bench, span: int) -> tuple[Tallies, int]:
    """Return the tallies of the first day counted in spans, and how many events were read."""
    detector, state, read = Sampled(), State(), 0
    for first in range(0, EVENTS + 1, span):
        part = count(bench.reader, detector, state, first, first + span)
        bench.writer.append(Batch(tallies=part.tallies))
        state, read = part.state, read + part.events
    parts = ledger.parts(bench.reader, detector, [START])[START]
    return detector.merge(shards.to_tallies((table, data) for _, table, data in parts)), read


def whole(detector: Detector, bench: Bench) -> Tallies:
    events = bench.reader.query("SELECT * FROM events WHERE \"at\" < '2026-01-02'")
    return detector.merge([detector.tally(events.lazy())])


def test_reading_in_spans_gives_the_sample_of_the_whole_from_fewer_events(bench: Bench) -> None:
    tallies, read = counted(bench, SPAN)

    assert tallies["votes"].equals(whole(Sampled(), bench)["votes"])
    assert read < EVENTS


def test_a_sampled_finding_is_reproduced_by_its_sql_and_from_raw_events(bench: Bench) -> None:
    bench.engine(span=SPAN).tick(final=True)
    found = bench.findings()
    named = found.filter(pl.col("subject") == "family:family-0").sort("window_start")
    explanation = explain(bench.reader, named["finding_id"][0], (Sampled,))

    assert "sampled" in named["claim"][0]
    assert explanation.notes == ()
    assert explanation.reproduced


def test_a_window_that_is_not_full_is_read_whole_beside_one_that_is(bench: Bench) -> None:
    second = Window(START + timedelta(days=1), START + timedelta(days=2))
    detector, state = Sampled(), State()
    first = count(bench.reader, detector, state, 0, 1_500)
    rest = count(bench.reader, detector, first.state, 1_500, EVENTS + 1)
    sql = 'SELECT count(*) AS n FROM events WHERE seq >= 1500 AND "at" >= $start'
    late = bench.reader.query(sql, {"start": second.start}).item()

    assert set(first.state.narrowed) == {START}
    assert rest.state.pending[second.start].added - first.state.pending[second.start].added == late
