"""How fast the sink is, as a ratio to a bare Arrow insert of the same rows in the same run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import duckdb
import pyarrow as pa
import pytest
from confluent_kafka import Producer

from commonmode.events import ActionTaken, Rows, decode, encode, to_table
from commonmode.events.lanes import read_strictly
from commonmode.store import Writer
from commonmode.stream import Connection, Sink, Topics, ensure
from commonmode.stream.arrivals import Arrivals
from commonmode.stream.records import decode_records

T = TypeVar("T")

pytestmark = [pytest.mark.benchmark, pytest.mark.kafka]

EVENTS = int(os.environ.get("COMMONMODE_BENCHMARK_EVENTS", "100000"))
BATCH = 20_000
ROUNDS = 3
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def economy(count: int = EVENTS) -> Iterator[ActionTaken]:
    """Events with about as many fields filled as real ones have: 400 bytes on the wire."""
    for n in range(count):
        yield ActionTaken(
            id=f"01890a5d-ac96-774b-bcce-b302{n:08x}",
            at=NOON + timedelta(milliseconds=n),
            agent=f"agent-{n % 997}",
            model="gpt-large-2026-01",
            family="gpt",
            operator=f"operator-{n % 13}",
            run=f"run-{n // 50}",
            task=f"task-{n % 211}",
            context=f"shop/{n % 91}/round/{n // 1000}",
            action="buy",
            resource=f"market/stall/{n % 337}",
            choice=f"option-{n % 7}",
            options=7,
            outcome="ok",
            args={"quantity": n % 9, "note": "as agreed"},
            price=1.5 + n % 50,
        )


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bare_insert(path: Path, tables: list[pa.Table]) -> None:
    with duckdb.connect(path) as database:
        database.register("first", tables[0])
        database.execute("CREATE TABLE events AS FROM first LIMIT 0")
        for table in tables:
            database.register("batch", table)
            database.execute("INSERT INTO events FROM batch")


def batches(whole: list[T]) -> Iterator[list[T]]:
    return (whole[start : start + BATCH] for start in range(0, len(whole), BATCH))


def produce(broker: str, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": broker, "queue.buffering.max.messages": 0})
    for number, value in enumerate(values):
        producer.produce(topic, value, b"agent-%d" % (number % 997))
    assert producer.flush(120) == 0


def stored_through(broker: str, folder: Path, values: list[bytes]) -> tuple[float, int, int]:
    """Return the seconds that a sink took, and what it stored and rejected."""
    topics = Topics.named(f"{uuid4().hex[:12]}.events")
    ensure(Connection(broker), topics)
    produce(broker, topics.events, values)
    with Writer(folder) as store:
        sink = Sink(store, broker, topics, batch_rows=BATCH)
        through = seconds(lambda: sink.run(threading.Event(), until_end=True))
        done = sink.status.appended
    return through, done.stored, done.rejected


def read_strictly_alone(values: list[bytes]) -> Rows:
    return read_strictly(range(len(values)), lambda number: decode(values[number]))


def tell(figures: dict[str, float], record: Callable[[str, object], None]) -> None:
    for name, figure in figures.items():
        record(name, figure)
        print(f"{name}: {figure:,.3g}" if figure < 100 else f"{name}: {figure:,.0f}")  # noqa: T201


def test_sink_against_a_bare_insert(
    broker: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    wire = [encode(event) for event in economy()]
    tables = [to_table(list(batch)) for batch in batches(list(economy()))]
    some_bad = [value[:-1] if n % 1000 == 0 else value for n, value in enumerate(wire)]

    bad = sum(1 for n in range(EVENTS) if n % 1000 == 0)
    taken: dict[str, list[float]] = {"bare": [], "clean": [], "bad": []}
    # Taken in turn, so that what else the machine does falls on all of them.
    for n in range(ROUNDS):
        taken["bare"].append(seconds(partial(bare_insert, tmp_path / f"{n}.duckdb", tables)))
        through, *counts = stored_through(broker, tmp_path / f"clean-{n}", wire)
        with_bad, *bad_counts = stored_through(broker, tmp_path / f"bad-{n}", some_bad)
        assert counts == [EVENTS, 0]
        assert bad_counts == [EVENTS - bad, bad]
        taken["clean"].append(through)
        taken["bad"].append(with_bad)
    bare, through, with_bad = (min(each) for each in taken.values())

    figures = {
        "sink, events/s": EVENTS / through,
        "bare insert, events/s": EVENTS / bare,
        "ratio sink : bare insert": bare / through,
        "ratio with 1 bad row in 1,000": bare / with_bad,
        "throughput kept with 1 bad row in 1,000": through / with_bad,
        "bytes per event on the wire": sum(map(len, wire)) / EVENTS,
        "bytes per event on disk": (tmp_path / "clean-0" / "store.duckdb").stat().st_size / EVENTS,
    }
    tell(figures, record_property)


def test_both_lanes_of_decoding(record_property: Callable[[str, object], None]) -> None:
    wire = [encode(event) for event in economy()]
    arrivals = [
        Arrivals(["t"] * len(some), [0] * len(some), list(range(len(some))), [{}] * len(some), some)
        for some in batches(list[bytes | None](wire))
    ]

    quick = seconds(lambda: [decode_records(some, "") for some in arrivals])
    strict = seconds(lambda: [read_strictly_alone(some) for some in batches(wire)])

    figures = {
        "decoding, both lanes, events/s": EVENTS / quick,
        "decoding, strict lane alone, events/s": EVENTS / strict,
        "ratio both lanes : strict lane": strict / quick,
    }
    tell(figures, record_property)
