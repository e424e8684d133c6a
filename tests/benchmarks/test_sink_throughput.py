"""How fast the sink is, as a ratio to a bare Arrow insert of the same rows in the same run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import duckdb
import pyarrow as pa
import pytest
from confluent_kafka import Producer

from commonmode.events import ActionTaken, Event, Position, encode, to_table
from commonmode.store import Writer
from commonmode.stream import Connection, Sink, Topics, ensure
from commonmode.stream.records import Arrival, decode_records, lay_out

T = TypeVar("T")

pytestmark = [pytest.mark.benchmark, pytest.mark.kafka]

EVENTS = int(os.environ.get("COMMONMODE_BENCHMARK_EVENTS", "100000"))
BATCH = 20_000
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def economy() -> Iterator[Event]:
    """Events with about as many fields filled as real ones have: 450 bytes on the wire."""
    for n in range(EVENTS):
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


def produce(broker: str, topic: str, wire: list[tuple[bytes, bytes]]) -> None:
    producer = Producer({"bootstrap.servers": broker, "queue.buffering.max.messages": 0})
    for key, value in wire:
        producer.produce(topic, value, key)
    assert producer.flush(120) == 0


def test_sink_against_a_bare_insert(
    broker: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    topics = Topics.named(f"{uuid4().hex[:12]}.events")
    ensure(Connection(broker), topics)
    wire = [(event.agent.encode(), encode(event)) for event in economy()]
    produce(broker, topics.events, wire)
    place = Position(topics.events, 0, 0)
    arrivals = [Arrival(place, {}, value) for _, value in wire]
    tables = [to_table(list(batch)) for batch in batches(list(economy()))]

    with Writer(tmp_path / "sink") as store:
        sink = Sink(store, broker, topics, batch_rows=BATCH)
        through = seconds(lambda: sink.run(threading.Event(), until_end=True))
        ((stored,),) = store.cursor().execute("SELECT count(*) FROM events").fetchall()
    decoding = seconds(lambda: [lay_out(decode_records(b, "").rows) for b in batches(arrivals)])
    bare = seconds(lambda: bare_insert(tmp_path / "bare.duckdb", tables))

    figures = {
        "sink, events/s": EVENTS / through,
        "bare insert, events/s": EVENTS / bare,
        "decoding alone, events/s": EVENTS / decoding,
        "ratio sink : bare insert": bare / through,
        "bytes per event on the wire": sum(len(value) for _, value in wire) / EVENTS,
        "bytes per event on disk": (tmp_path / "sink" / "store.duckdb").stat().st_size / EVENTS,
    }
    for name, figure in figures.items():
        record_property(name, figure)
        print(f"{name}: {figure:,.3g}" if figure < 100 else f"{name}: {figure:,.0f}")  # noqa: T201
    assert stored == EVENTS
