"""How fast a worker of the watch is, against a bare faust agent; and how soon an alert is seen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from tests.chaos.whole import COMMONMODE, Whole, until

from commonmode.events import ActionTaken, Event, PermissionGranted, encode
from commonmode.store import connect
from commonmode.stream import Connection, Topics, ensure
from commonmode.stream.watch.app import GROUP

pytestmark = [pytest.mark.benchmark, pytest.mark.kafka]

EVENTS = int(os.environ.get("COMMONMODE_BENCHMARK_EVENTS", "100000"))
AGENTS = 997
ALERTS = 200
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PATIENCE_SECONDS = 240.0
BARE = Path(__file__).with_name("bare_faust.py")

# Both commit as often, so that what a group has committed tells how far it is.
OFTEN = {**os.environ, "BROKER_COMMIT_INTERVAL": "0.3"}

Wire = list[tuple[bytes, bytes]]


def economy() -> Iterator[Event]:
    """Grants, then actions of 450 bytes: all permitted but one in a thousand."""
    for n in range(AGENTS):
        yield PermissionGranted(
            id=f"g-{n}", at=NOON, agent=f"agent-{n}", grant=f"grant-{n}", resources=["market"]
        )
    for n in range(EVENTS):
        yield ActionTaken(
            id=f"01890a5d-ac96-774b-bcce-b302{n:08x}",
            at=NOON + timedelta(milliseconds=n),
            agent=f"agent-{n % AGENTS}",
            model="gpt-large-2026-01",
            family="gpt",
            operator=f"operator-{n % 13}",
            run=f"run-{n // 50}",
            task=f"task-{n % 211}",
            context=f"shop/{n % 91}/round/{n // 1000}",
            action="buy",
            resource="vault/7" if n % 1000 == 0 else f"market/stall/{n % 337}",
            choice=f"option-{n % 7}",
            options=7,
            outcome="ok",
            args={"quantity": n % 9, "note": "as agreed"},
            price=1.5 + n % 50,
        )


def produce(broker: str, topic: str, wire: Wire) -> None:
    producer = Producer({"bootstrap.servers": broker, "queue.buffering.max.messages": 0})
    for key, value in wire:
        producer.produce(topic, value, key)
    assert producer.flush(120) == 0


class Group:
    """Some workers of one group, and how far it is.

    Parameters
    ----------
    broker
        The cluster.
    topics
        What they read.
    group
        The name of their group.
    """

    def __init__(self, broker: str, topics: Topics, group: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": broker})
        self._group = group
        self._places = [TopicPartition(topics.events, n) for n in range(topics.partitions)]

    def members(self) -> int:
        """Return how many workers share the partitions by now."""
        try:
            answer = self._admin.describe_consumer_groups([self._group])[self._group].result()
        except KafkaException:  # a broker that was just started has no coordinator yet
            return 0
        return sum(bool(m.assignment.topic_partitions) for m in answer.members)

    def done(self) -> int:
        """Return how many records the group has committed."""
        asked = ConsumerGroupTopicPartitions(self._group, self._places)
        answer = self._admin.list_consumer_group_offsets([asked])[self._group].result()
        return sum(max(0, place.offset) for place in answer.topic_partitions)


def rate(broker: str, wire: Wire, kind: str, workers: int, folder: Path) -> float:
    """Return events/s of workers that are up before the first event comes.

    The clock runs from a tenth of the events to the last of them.
    """
    topics = Topics.named(f"{uuid4().hex[:12]}.events")
    ensure(Connection(broker), topics)
    if kind == "watch":
        command = [*COMMONMODE, "watch", "--data", str(folder), "-b", broker, "-t", topics.events]
        group = Group(broker, topics, f"{GROUP}-{topics.events}")
    else:
        command = [sys.executable, str(BARE), broker, topics.events, str(folder)]
        group = Group(broker, topics, f"bare-{topics.events}")
    with ExitStack() as stack:
        for _ in range(workers):
            process = stack.enter_context(subprocess.Popen(command, env=OFTEN))
            stack.callback(process.kill)
        until(lambda: group.members() == workers, "all workers share", PATIENCE_SECONDS)
        # A worker of the watch reads the log before it is ready, and that is not what is measured.
        time.sleep(5)
        produce(broker, topics.events, wire)
        until(lambda: group.done() >= len(wire) / 10, "a tenth", PATIENCE_SECONDS)
        first = group.done()
        took = until(lambda: group.done() >= len(wire), "all", PATIENCE_SECONDS)
        return (len(wire) - first) / took


def tell(figures: dict[str, float], record: Callable[[str, object], None]) -> None:
    for name, figure in figures.items():
        record(name, figure)
        print(f"{name}: {figure:,.3g}" if figure < 100 else f"{name}: {figure:,.0f}")  # noqa: T201


def test_a_worker_against_bare_faust(
    broker: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    wire = [(event.agent.encode(), encode(event)) for event in economy()]
    rates = {
        (kind, workers): rate(broker, wire, kind, workers, tmp_path / f"{kind}{workers}")
        for kind, workers in (("bare", 1), ("watch", 1), ("watch", 2), ("bare", 2))
    }
    figures = {f"{kind}, {n} workers, events/s": rates[kind, n] for kind, n in rates}
    figures["ratio watch : bare, 1 worker"] = rates["watch", 1] / rates["bare", 1]
    figures["watch, two workers : one"] = rates["watch", 2] / rates["watch", 1]
    figures["bare, two workers : one"] = rates["bare", 2] / rates["bare", 1]
    tell(figures, record_property)


def alert_seconds(data: Path, broker: str) -> list[float]:
    """Return, for breaches one after the other, the seconds from sending to a row in the store."""
    producer = Producer({"bootstrap.servers": broker, "linger.ms": 0})
    took = []
    with connect(data) as store:
        for n in range(ALERTS):
            agent, at = f"alerted-{n}", datetime.now(UTC)
            grant = PermissionGranted(id=f"ag-{n}", at=at, agent=agent, grant=agent, actions=[])
            act = ActionTaken(id=f"aa-{n}", at=at, agent=agent, action="read", resource="vault")
            sent = time.monotonic()
            for event in (grant, act):
                producer.produce("commonmode.events", encode(event), agent.encode())
            assert producer.flush(60) == 0
            asked = f"SELECT count(*) FROM findings WHERE subject = 'agent:{agent}'"
            while store.query(asked).item() == 0:
                assert time.monotonic() - sent < PATIENCE_SECONDS
                time.sleep(0.01)
            took.append(time.monotonic() - sent)
    return sorted(took)


def test_from_an_action_to_its_alert_in_the_store(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    whole = Whole(tmp_path / "data", "--no-dashboard", "--no-detect")
    try:
        took = alert_seconds(whole.data, whole.told()["broker"])
    finally:
        whole.down()
        whole.end()

    figures = {
        "alerts": float(len(took)),
        "alert in the store, p50, s": took[len(took) // 2],
        "alert in the store, p99, s": took[int(len(took) * 0.99)],
        "alert in the store, slowest, s": took[-1],
    }
    tell(figures, record_property)


def seconds_to_first_alert(broker: str, wire: Wire, folder: Path) -> float:
    """Return the seconds from starting a worker on a log to its first alert of the present."""
    topics = Topics.named(f"{uuid4().hex[:12]}.events")
    ensure(Connection(broker), topics)
    produce(broker, topics.events, wire)
    at = NOON + timedelta(hours=1)
    grant = PermissionGranted(id="last-g", at=at, agent="last", grant="last", actions=[])
    act = ActionTaken(id="last-a", at=at, agent="last", action="read", resource="vault")
    produce(broker, topics.events, [(b"last", encode(event)) for event in (grant, act)])
    command = [*COMMONMODE, "watch", "--data", str(folder), "-b", broker, "-t", topics.events]
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "first-alert"})
    consumer.assign([TopicPartition(topics.findings, 0, 0)])

    def told() -> bool:
        return any(b"agent:last" in (m.value() or b"") for m in consumer.consume(1000, 0.05))

    with subprocess.Popen(command) as worker:
        try:
            return until(told, "the last is told", PATIENCE_SECONDS)
        finally:
            worker.kill()
            consumer.close()


def test_what_a_log_costs_a_worker_that_starts(
    broker: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    wire = [(event.agent.encode(), encode(event)) for event in economy()]

    empty = seconds_to_first_alert(broker, [], tmp_path / "empty")
    full = seconds_to_first_alert(broker, wire, tmp_path / "full")

    figures = {
        "start on an empty log, s": empty,
        f"start on {len(wire):,} records of its own, s": full,
        "records read and judged again, a second": len(wire) / (full - empty),
    }
    tell(figures, record_property)
