"""What nobody should send, through Kafka: stored + duplicates + rejected = sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from confluent_kafka import Producer
from tests.hostile import CLOUDS, SMALL, bred, drawn, line
from tests.stream.conftest import NOON, actions

from commonmode.events import ContentObserved, encode
from commonmode.formats import get
from commonmode.formats.parcel import pack
from commonmode.store import Writer
from commonmode.stream import Pipe, SinkStatus, Topics

pytestmark = pytest.mark.kafka

Sent = list[tuple[bytes | None, Mapping[str, Any]]]
Drain = Callable[[Writer], SinkStatus]

HEADERS: list[Mapping[str, Any]] = [
    {},
    {"ce_specversion": b"1.0"},
    {"ce_specversion": b"1.0", "ce_type": b"commonmode.task_ended", "ce_source": b"a"},
    {"ce_specversion": b"9.9", "ce_type": b"x", "ce_source": b"a", "ce_id": b"1"},
    {"ce_specversion": b"1.0", "ce_type": b"\xff", "ce_source": b"\xfe", "ce_id": b"\x00"},
    {"ce_specversion": b"1.0", "ce_type": None, "ce_source": None, "ce_id": None},
    {"ce_time": b"yesterday", "ce_type": b"x"},
    {"content-type": b"application/cloudevents"},
    {"content-type": b"application/cloudevents+avro"},
    {"content-type": b"application/cloudevents+json; charset=\xff"},
    {"content-type": b"\xff\xfe"},
    {"CE_ID": b"x", "ce_id": b"y"},
    {"": b"", "ce_": b""},
    {f"ce_h{n}": b"x" * 1_000 for n in range(100)},
]
"""Headers that claim to be a CloudEvent's, most of them broken."""


def balance(store: Writer) -> tuple[int, int, int]:
    columns = ("stored", "duplicates", "rejected")
    sums = ", ".join(f"coalesce(sum({name}), 0)::BIGINT" for name in columns)
    (found,) = store.cursor().execute(f"SELECT {sums} FROM ingest_counts").fetchall()
    stored, duplicates, rejected = found
    return stored, duplicates, rejected


def places(store: Writer) -> list[tuple[str, int | None, int, str, bytes]]:
    query = 'SELECT topic, partition, "offset", reason, payload FROM rejected ORDER BY seq'
    return store.cursor().execute(query).fetchall()


@pytest.mark.parametrize("form", ["canonical", "cloudevents"])
def test_every_hostile_line_piped_ends_in_the_store(
    broker: str, made: Topics, store: Writer, drain: Drain, form: str
) -> None:
    lines = list((SMALL if form == "canonical" else CLOUDS).values())
    log = BytesIO(b"\n".join(lines))

    done = Pipe(broker, made).deliver(pack(get(form).numbered(log, "log.jsonl"), "log.jsonl"))
    drain(store)

    assert done.read == done.sent + done.rejected == sum(balance(store)) == len(lines)
    for topic, partition, number, reason, payload in places(store):
        assert (topic, partition) == ("log.jsonl", None)
        assert reason
        assert payload
        assert lines[number - 1].startswith(payload)


def produced(broker: str, topic: str, records: Sent) -> int:
    producer = Producer({"bootstrap.servers": broker, "message.max.bytes": 8 * 2**20})
    for value, headers in records:
        producer.produce(topic, value, b"key", headers=dict(headers))
    assert producer.flush(60) == 0
    return len(records)


def test_every_hostile_record_on_the_topic_of_events_ends_in_the_store(
    broker: str, made: Topics, store: Writer, drain: Drain
) -> None:
    seeds = drawn(100)
    lines = [*SMALL.values(), *CLOUDS.values(), *seeds, *bred(seeds, 1_000, seed=3)]
    values = [None, b"", line(id="headed"), *CLOUDS.values()]
    records: Sent = [(text, {}) for text in lines]
    records += [(value, headers) for headers in HEADERS for value in values]

    sent = produced(broker, made.events, records)
    drain(store)

    assert sum(balance(store)) == sent
    found = places(store)
    assert len(found) == balance(store)[2] > 100
    by_place = {(partition, offset) for _, partition, offset, _, _ in found}
    assert len(by_place) == len(found)
    assert {topic for topic, *_ in found} == {made.events}
    assert all(reason for *_, reason, _ in found)
    sent_values = {value or b"" for value, _ in records}
    assert all(payload in sent_values for *_, payload in found)


def test_strangers_on_the_topic_of_rejected_records_are_rejected_themselves(
    broker: str, made: Topics, store: Writer, drain: Drain
) -> None:
    odd = {"stage": b"pipe", "reason": b"\xff", "hint": b"", "source": b"\x00", "partition": b"x"}
    far = {**odd, "partition": b"-1", "offset": str(2**80).encode()}
    wide = {**odd, "partition": str(2**40).encode(), "offset": b"-5"}

    sent = produced(broker, made.rejected, [(b"x", {}), (None, odd), (b"y", far), (b"z", wide)])
    drain(store)

    assert balance(store) == (0, 0, sent)


def test_a_page_too_large_for_the_topic_is_stored_as_rejected_with_its_beginning(
    broker: str, made: Topics, store: Writer, drain: Drain
) -> None:
    page = ContentObserved(id="p", at=NOON, agent="a", content="x" * 9_000_000)

    Pipe(broker, made).run([*actions(2), page], "pages.jsonl")
    drain(store)

    assert balance(store) == (2, 0, 1)
    ((topic, _, number, reason, payload),) = places(store)
    assert (topic, number) == ("pages.jsonl", 3)
    assert "too large" in reason
    assert encode(page).startswith(payload)
