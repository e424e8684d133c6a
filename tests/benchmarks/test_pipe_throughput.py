"""How fast the pipe is, as a ratio to its client sending ready bytes in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from kafka import KafkaProducer
from tests.benchmarks.test_sink_throughput import EVENTS, batches, economy

from commonmode.cli.log_readers import parcels_of, pieces, read_all
from commonmode.cli.sources import PARCEL, Sources
from commonmode.events import encode
from commonmode.formats.parcel import Parcel
from commonmode.stream import Connection, Pipe, Topics, ensure
from commonmode.stream.outbox import _SETTINGS

pytestmark = [pytest.mark.benchmark, pytest.mark.kafka]

ROUNDS = 3


def made(broker: str) -> Topics:
    topics = Topics.named(f"{uuid4().hex[:12]}.events")
    ensure(Connection(broker), topics)
    return topics


def librdkafka(broker: str, wire: list[tuple[bytes, bytes]]) -> float:
    topic = made(broker).events
    settings = {**_SETTINGS, "enable.idempotence": True, "queue.buffering.max.messages": 0}
    producer = Producer({"bootstrap.servers": broker, **settings})
    started = time.perf_counter()
    for key, value in wire:
        producer.produce(topic, value, key)
    assert producer.flush(120) == 0
    return len(wire) / (time.perf_counter() - started)


def librdkafka_in_batches(broker: str, wire: list[tuple[bytes, bytes]]) -> float:
    topic = made(broker).events
    settings = {**_SETTINGS, "enable.idempotence": True, "queue.buffering.max.messages": 0}
    producer = Producer({"bootstrap.servers": broker, **settings})
    started = time.perf_counter()
    for some in batches(wire):
        messages = [{"key": key, "value": value} for key, value in some]
        assert producer.produce_batch(topic, messages) == len(some)
    assert producer.flush(120) == 0
    return len(wire) / (time.perf_counter() - started)


def kafka_python(broker: str, wire: list[tuple[bytes, bytes]]) -> float:
    topic = made(broker).events
    producer = KafkaProducer(
        bootstrap_servers=[broker],
        acks="all",
        enable_idempotence=True,
        linger_ms=10,
        batch_size=256 * 2**10,
        metrics_enabled=False,
    )
    started = time.perf_counter()
    for key, value in wire:
        producer.send(topic, value, key)
    producer.flush()
    rate = len(wire) / (time.perf_counter() - started)
    producer.close()
    return rate


def piped(broker: str, parcels: Callable[[], Iterable[Parcel]]) -> float:
    pipe = Pipe(broker, made(broker))
    started = time.perf_counter()
    done = pipe.deliver(parcels())
    rate = done.sent / (time.perf_counter() - started)
    assert done.sent == EVENTS
    return rate


def test_pipe_against_its_client_with_ready_bytes(
    broker: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    wire = [(event.agent.encode(), encode(event)) for event in economy()]
    files = tuple(tmp_path / f"{number}.jsonl" for number in range(2))
    for file, start in zip(files, (0, EVENTS // 2), strict=True):
        part = wire[start : start + EVENTS // 2]
        file.write_bytes(b"".join(value + b"\n" for _, value in part))
    logs = Sources(files).logs()
    ways: dict[str, Callable[[], float]] = {
        "librdkafka, ready bytes": lambda: librdkafka(broker, wire),
        "librdkafka, ready bytes in batches": lambda: librdkafka_in_batches(broker, wire),
        "kafka-python, ready bytes": lambda: kafka_python(broker, wire),
        "pipe, one process": lambda: piped(
            broker, lambda: chain.from_iterable(map(parcels_of, pieces(logs, PARCEL)))
        ),
        "pipe, two readers beside": lambda: piped(
            broker, lambda: read_all(parcels_of, pieces(logs, PARCEL), 2)
        ),
    }
    # Taken in turn, so that what else the machine does falls on all of them.
    rates = [{name: way() for name, way in ways.items()} for _ in range(ROUNDS)]
    best = {name: max(rate[name] for rate in rates) for name in ways}
    for name, rate in best.items():
        ratio = rate / best["librdkafka, ready bytes"]
        record_property(name, rate)
        print(f"{name}: {rate:,.0f} events/s, {ratio:.2f} of librdkafka")  # noqa: T201
