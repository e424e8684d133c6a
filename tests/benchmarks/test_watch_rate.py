"""How fast a worker of the watch is, against a bare faust agent; and how soon an alert is seen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
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
from msgspec.structs import replace
from tests.benchmarks.test_sink_throughput import economy as actions
from tests.chaos.whole import COMMONMODE, Whole, until

from commonmode.events import ActionTaken, Event, PermissionGranted, encode
from commonmode.store import connect
from commonmode.stream import Connection, Topics, ensure
from commonmode.stream.watch.app import GROUP
from commonmode.stream.watch.note_keeper import EVERY_SECONDS

pytestmark = [pytest.mark.benchmark, pytest.mark.kafka]

EVENTS = int(os.environ.get("COMMONMODE_BENCHMARK_EVENTS", "100000"))
AGENTS = 997
ALERTS = 200
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
THREE_HOURS = timedelta(hours=3)
PATIENCE_SECONDS = 240.0
NOTED_SECONDS = 2 * EVERY_SECONDS
BARE = Path(__file__).with_name("bare_faust.py")

# Both commit as often, so that what a group has committed tells how far it is.
OFTEN = {**os.environ, "BROKER_COMMIT_INTERVAL": "0.3"}

Wire = list[tuple[bytes, bytes]]


def economy() -> Iterator[Event]:
    """Grants, then actions."""
    for n in range(AGENTS):
        yield PermissionGranted(
            id=f"g-{n}", at=NOON, agent=f"agent-{n}", grant=f"grant-{n}", resources=["market"]
        )
    yield from acts()


def acts() -> Iterator[Event]:
    """Actions of these agents: all permitted but one in a thousand."""
    for n, act in enumerate(actions(EVENTS)):
        place = "vault/7" if n % 1000 == 0 else act.resource
        yield replace(act, agent=f"agent-{n % AGENTS}", resource=place)


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


class Started:
    """A worker on a log of closed history, started once and again.

    Parameters
    ----------
    broker
        The cluster.
    events
        How many of the economy's events the log holds; two agents then act three hours later.
    folder
        The data folder.
    """

    def __init__(self, broker: str, events: int, folder: Path) -> None:
        self._broker, self._folder = broker, folder
        self._topics = Topics.named(f"{uuid4().hex[:12]}.events")
        self._starts = 0
        ensure(Connection(broker), self._topics)
        wire = [(e.agent.encode(), encode(e)) for e in islice(economy(), events)]
        # A thousand agents, so that those of each worker agree that the history is closed.
        later = [replace(e, id=f"l-{e.id}", at=e.at + THREE_HOURS) for e in islice(acts(), AGENTS)]
        produce(
            broker, self._topics.events, [*wire, *((e.agent.encode(), encode(e)) for e in later)]
        )

    def seconds(self) -> float:
        """Return the seconds from starting a worker to its first alert of the present."""
        self._starts += 1
        agent = f"last-{self._starts}"
        at = NOON + THREE_HOURS
        grant = PermissionGranted(id=f"g-{agent}", at=at, agent=agent, grant=agent, actions=[])
        act = ActionTaken(id=f"a-{agent}", at=at, agent=agent, action="read", resource="vault")
        wire = [(agent.encode(), encode(event)) for event in (grant, act)]
        produce(self._broker, self._topics.events, wire)
        command = [*COMMONMODE, "watch", "--data", str(self._folder)]
        command += ["-b", self._broker, "-t", self._topics.events]
        name = f"agent:{agent}".encode()
        with subprocess.Popen(command) as worker, self._reading(self._topics.findings) as read:
            try:
                took = until(lambda: any(name in one for one in read()), "told", PATIENCE_SECONDS)
                with self._reading(self._topics.notes) as noted:
                    until(lambda: any(b"open_from" in one for one in noted()), "noted")
                    time.sleep(NOTED_SECONDS)
                return took
            finally:
                worker.kill()

    @contextmanager
    def _reading(self, topic: str) -> Iterator[Callable[[], list[bytes]]]:
        consumer = Consumer({"bootstrap.servers": self._broker, "group.id": "first-alert"})
        consumer.assign([TopicPartition(topic, 0, 0)])
        try:
            yield lambda: [m.value() or b"" for m in consumer.consume(1000, 0.05)]
        finally:
            consumer.close()


def test_what_a_log_costs_a_worker_that_starts(
    broker: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    logs = {n: Started(broker, n, tmp_path / str(n)) for n in (EVENTS // 10, EVENTS)}

    first = {n: log.seconds() for n, log in logs.items()}
    again = {n: log.seconds() for n, log in logs.items()}

    short, long = logs
    figures = {f"first start, {n:,} closed records, s": first[n] for n in logs}
    figures |= {f"start from notes, {n:,} closed records, s": again[n] for n in logs}
    figures["ratio of ten times the history, first start"] = first[long] / first[short]
    figures["ratio of ten times the history, from notes"] = again[long] / again[short]
    tell(figures, record_property)
