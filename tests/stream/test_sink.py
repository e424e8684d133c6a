from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from confluent_kafka import Producer
from tests.stream.conftest import NOON, actions, eventually, stored_ids

from commonmode.events import FindingRaised, Position, Rejected, encode
from commonmode.formats.cloudevents import to_kafka
from commonmode.store import Appended, Batch, BatchRefusedError, StoreUnreachableError, Writer
from commonmode.stream import Connection, Pipe, Sink, SinkStatus, Topics, publish_findings
from commonmode.stream.arrivals import Arrivals
from commonmode.stream.log_reader import LogReader
from commonmode.stream.records import Decoded, decode_records
from commonmode.stream.topics import administration, ensure, grow

pytestmark = pytest.mark.kafka

Drain = Callable[[Writer], SinkStatus]


@contextmanager
def running(sink: Sink) -> Iterator[Sink]:
    stop = threading.Event()
    thread = threading.Thread(target=sink.run, args=(stop,))
    thread.start()
    try:
        yield sink
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def produce(broker: str, topic: str, *records: tuple[bytes | None, dict[str, bytes]]) -> None:
    producer = Producer({"bootstrap.servers": broker})
    for value, headers in records:
        producer.produce(topic, value, b"key", headers=dict(headers))
    assert producer.flush(10) == 0


def rows(store: Writer, query: str) -> list[tuple[Any, ...]]:
    return store.cursor().execute(query).fetchall()


def test_all_that_was_piped_is_stored_once_with_its_place(
    broker: str, topics: Topics, store: Writer, drain: Drain
) -> None:
    Pipe(broker, topics).run(actions(3000))

    status = drain(store)

    assert sorted(stored_ids(store)) == sorted(event.id for event in actions(3000))
    assert status.appended == Appended(stored=3000)
    assert status.lag()[topics.events] == 0
    per_partition = rows(store, 'SELECT partition, max("offset") + 1 FROM events GROUP BY ALL')
    stored = {o.partition: o.next_offset for o in store.offsets() if o.topic == topics.events}
    assert stored == dict(per_partition)


def test_a_second_run_goes_on_where_the_store_stands(
    broker: str, topics: Topics, store: Writer, drain: Drain
) -> None:
    for part in ("first", "second"):
        Pipe(broker, topics).run(actions(100, part))
        assert drain(store).appended == Appended(stored=100)


def test_events_sent_again_are_dropped_and_counted(
    broker: str, topics: Topics, store: Writer, drain: Drain
) -> None:
    for _ in range(2):
        Pipe(broker, topics).run(actions(100))

    assert drain(store).appended == Appended(stored=100, duplicates=100)
    assert drain(store).appended == Appended()


def test_a_malformed_record_is_kept_with_its_bytes_and_its_batch_goes_on(
    broker: str, made: Topics, store: Writer, drain: Drain
) -> None:
    good: list[tuple[bytes | None, dict[str, bytes]]] = [(encode(e), {}) for e in actions(3)]
    produce(broker, made.events, good[0], (b"{nonsense", {}), good[1], (None, {}), good[2])

    status = drain(store)

    assert status.appended == Appended(stored=3, rejected=2)
    kept = rows(store, 'SELECT topic, "offset", payload FROM rejected ORDER BY "offset"')
    assert kept == [(made.events, 1, b"{nonsense"), (made.events, 3, b"")]


def test_what_the_sink_rejects_is_published_and_not_stored_twice(
    broker: str, made: Topics, store: Writer, drain: Drain
) -> None:
    produce(broker, made.events, (b"{nonsense", {}))
    drain(store)

    # By now the dead letter stands in the topic, and the sink reads that topic too.
    again = drain(store)

    assert again.appended == Appended()
    assert {o.topic: o.next_offset for o in store.offsets()}[made.rejected] == 1


def test_what_the_pipe_rejected_is_in_the_store_with_file_and_line(
    broker: str, topics: Topics, store: Writer, drain: Drain
) -> None:
    bad = Rejected("no id", "add one", b"{}", Position("runs.jsonl", None, 7))
    Pipe(broker, topics).run([*actions(2), bad])

    drain(store)

    kept = rows(store, 'SELECT topic, partition, "offset", reason, hint, payload FROM rejected')
    assert kept == [("runs.jsonl", None, 7, "no id", "add one", b"{}")]


def test_cloudevents_of_both_modes_are_stored_like_plain_ones(
    broker: str, made: Topics, store: Writer, drain: Drain
) -> None:
    plain, binary, structured = actions(3)
    headers, value = to_kafka(binary)
    envelope = b'{"specversion":"1.0","id":"x","type":"t","source":"s","data":%b}'
    produce(
        broker,
        made.events,
        (encode(plain), {}),
        (value, headers),
        (envelope % encode(structured), {"content-type": b"application/cloudevents+json"}),
    )

    drain(store)

    assert stored_ids(store) == [plain.id, binary.id, structured.id]


def test_findings_are_stored_apart_in_the_order_they_were_published(
    broker: str, topics: Topics, store: Writer, drain: Drain
) -> None:
    found = [
        FindingRaised(id=f"f:{n}", at=NOON, agent="x", finding={"finding_id": "f", "revision": n})
        for n in range(3)
    ]
    assert publish_findings(broker, found, topics) == 3

    drain(store)

    assert stored_ids(store) == []
    ids = rows(store, "SELECT id FROM finding_events ORDER BY seq")
    assert ids == [("f:0",), ("f:1",), ("f:2",)]


def test_partitions_added_while_it_runs_are_read_too(
    broker: str, made: Topics, store: Writer
) -> None:
    with running(Sink(store, broker, made, refresh=0.3)):
        Pipe(broker, made).run(actions(50, agents=50))
        grow(Connection(broker), made.events, made.partitions + 8)
        Pipe(broker, made).run(actions(50, "late", agents=50))

        eventually(lambda: len(stored_ids(store)) == 100)

    numbers = {o.partition for o in store.offsets() if o.topic == made.events}
    assert max(numbers) >= made.partitions


def test_a_topic_made_anew_is_read_from_its_beginning(
    broker: str, made: Topics, store: Writer
) -> None:
    with running(Sink(store, broker, made, refresh=0.3)):
        Pipe(broker, made).run(actions(200))
        eventually(lambda: len(stored_ids(store)) == 200)
        with administration(Connection(broker)) as admin:
            admin.delete_topics([made.events])
        eventually(lambda: made.events not in topic_names(broker))
        ensure(Connection(broker), made)
        Pipe(broker, made).run(actions(50, "anew"))

        eventually(lambda: len(stored_ids(store)) == 250)


def topic_names(broker: str) -> set[str]:
    with administration(Connection(broker)) as admin:
        return set(admin.list_topics())


def test_a_topic_made_while_the_sink_waits_is_found(
    broker: str, topics: Topics, store: Writer
) -> None:
    with running(Sink(store, broker, topics, refresh=0.3)):
        Pipe(broker, topics).run(actions(10))

        eventually(lambda: len(stored_ids(store)) == 10)


def test_two_sinks_of_a_group_share_the_work_and_one_takes_over_the_rest(
    broker: str, made: Topics, store: Writer
) -> None:
    first, second = (Sink(store, broker, made, group="g", refresh=0.3) for _ in range(2))
    with running(first):
        with running(second):
            eventually(lambda: min(len(s.status.positions) for s in (first, second)) > 0)
            Pipe(broker, made).run(actions(1000, "both", agents=100))
            eventually(lambda: len(stored_ids(store)) == 1000)
            eventually(lambda: min(s.status.appended.stored for s in (first, second)) > 0)
        Pipe(broker, made).run(actions(500, "one", agents=100))
        eventually(lambda: len(stored_ids(store)) == 1500)

    assert len(set(stored_ids(store))) == 1500


class Unsteady:
    """A store that is away each third time, before or after it stored: as across a network."""

    def __init__(self, store: Writer) -> None:
        self.store = store
        self.calls = 0

    def append(self, batch: Batch) -> Appended:
        self.calls += 1
        if self.calls % 3 == 1:
            msg = "away before."
            raise StoreUnreachableError(msg)
        appended = self.store.append(batch)
        if self.calls % 3 == 2:
            msg = "away after."
            raise StoreUnreachableError(msg)
        return appended

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_a_store_that_comes_and_goes_neither_loses_nor_doubles(
    broker: str, made: Topics, store: Writer
) -> None:
    Pipe(broker, made).run(actions(2000))
    produce(broker, made.events, *((b"{%d" % n, {}) for n in range(20)))
    unsteady: Any = Unsteady(store)

    Sink(unsteady, broker, made, batch_rows=300, refresh=0.1).run(threading.Event(), until_end=True)

    assert sorted(stored_ids(store)) == sorted(event.id for event in actions(2000))
    assert rows(store, "SELECT count(*) FROM rejected") == [(20,)]
    assert unsteady.calls > 6


class Picky:
    """A store that will not have one particular row."""

    def __init__(self, store: Writer, unwanted: str) -> None:
        self.store = store
        self.unwanted = unwanted

    def append(self, batch: Batch) -> Appended:
        if self.unwanted in batch.events["id"].to_pylist():
            msg = "that one does not fit."
            raise BatchRefusedError(msg)
        return self.store.append(batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_a_row_that_the_store_refuses_is_rejected_and_the_others_are_stored(
    broker: str, made: Topics, store: Writer
) -> None:
    Pipe(broker, made).run(actions(100))
    picky: Any = Picky(store, "e42")

    status = Sink(picky, broker, made).run(threading.Event(), until_end=True)

    assert status.appended == Appended(stored=99, rejected=1)
    assert "e42" not in stored_ids(store)
    ((reason, payload),) = rows(store, "SELECT reason, payload FROM rejected")
    assert (reason, b'"e42"' in payload) == ("that one does not fit.", True)


def test_stopping_commits_what_was_read(broker: str, topics: Topics, store: Writer) -> None:
    sink = Sink(store, broker, topics)
    with running(sink):
        Pipe(broker, topics).run(actions(500))
        eventually(lambda: sink.status.appended.stored > 0)

    read = sum(n for p, n in sink.status.positions.items() if p.topic == topics.events)
    assert len(stored_ids(store)) == read
    assert sink.status.last_event_at is not None


def test_batches_come_at_one_pace_however_long_decoding_takes(
    broker: str, topics: Topics, store: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = list[float]()
    read = LogReader.read

    def noted(log: LogReader, most: int, seconds: float) -> Arrivals:
        waits.append(seconds)
        return read(log, most, seconds)

    def slowly(*arguments: Any) -> Decoded:
        time.sleep(0.3)
        return decode_records(*arguments)

    monkeypatch.setattr(LogReader, "read", noted)
    monkeypatch.setattr("commonmode.stream.sink.decode_records", slowly)
    Pipe(broker, topics).run(actions(200))
    Sink(store, broker, topics, batch_rows=50, linger=0.2).run(threading.Event(), until_end=True)

    assert len(stored_ids(store)) == 200
    assert waits.count(0.0) >= 4
    assert max(waits) <= 0.2
