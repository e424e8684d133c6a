"""`kill -9` of one of two workers of the watch under load: its alerts go on, each told once."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from tests.chaos.whole import COMMONMODE, until

from commonmode.events import ActionTaken, PermissionGranted, encode
from commonmode.stream import Connection, Pipe, Topics, ensure
from commonmode.stream.log_reader import to_arrivals
from commonmode.stream.records import read_record

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.slow]

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
AGENTS = [f"agent-{n}" for n in range(24)]
TOPICS = Topics.named("killed.events")
A_TURN_SECONDS = 0.02


class Load(threading.Thread):
    """Acts for each agent in turn, every fourth time outside of its grants."""

    def __init__(self, broker: str) -> None:
        super().__init__(name="load")
        self._producer = Producer({"bootstrap.servers": broker, "linger.ms": 0})
        self._ended = threading.Event()
        self.breaches = Counter[str]()
        self.times: dict[tuple[str, int], float] = {}
        """When the n-th breach of an agent was sent."""

    def run(self) -> None:
        for n in count():
            if self._ended.wait(A_TURN_SECONDS):
                break
            self._act(AGENTS[n % len(AGENTS)], n, breach=n // len(AGENTS) % 4 == 0)
        assert self._producer.flush(60) == 0

    def _act(self, agent: str, n: int, *, breach: bool) -> None:
        event = ActionTaken(
            id=f"a-{n}",
            at=NOON + timedelta(milliseconds=n),
            agent=agent,
            action="read",
            resource="vault" if breach else "repo/p1",
        )
        if breach:
            self.breaches[agent] += 1
            self.times[agent, self.breaches[agent]] = time.monotonic()
        self._producer.produce(TOPICS.events, encode(event), agent.encode())
        self._producer.poll(0)

    def end(self) -> None:
        self._ended.set()
        self.join()


class Alerts(threading.Thread):
    """What is told of each agent, and when; as the store has it, a repeated id is dropped."""

    def __init__(self, broker: str) -> None:
        super().__init__(name="alerts")
        self._consumer = Consumer({"bootstrap.servers": broker, "group.id": "alerts"})
        self._consumer.assign([TopicPartition(TOPICS.findings, 0, 0)])
        self._ended = threading.Event()
        self.told: dict[str, dict[str, Any]] = {}
        self.counted = Counter[str]()
        self.times: dict[tuple[str, int], float] = {}

    def run(self) -> None:
        while not self._ended.is_set():
            for arrival in to_arrivals(self._consumer.consume(100, 0.05)):
                self._take(read_record(arrival.headers, arrival.value))
        self._consumer.close()

    def _take(self, event: Any) -> None:
        if event.id in self.told:
            return
        self.told[event.id] = event.finding
        agent = event.finding["score"]["subject"].removeprefix("agent:")
        now_known = int(event.finding["score"]["statistic"])
        for nth in range(self.counted[agent] + 1, now_known + 1):
            self.times[agent, nth] = time.monotonic()
        self.counted[agent] = now_known

    def end(self) -> None:
        self._ended.set()
        self.join()


@contextmanager
def working(broker: str, data: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [*COMMONMODE, "watch", "--data", str(data), "-b", broker, "-t", TOPICS.events]
    with log.open("wb") as said, subprocess.Popen(command, stderr=said) as worker:
        try:
            yield worker
        finally:
            worker.kill()


def told_of(load: Load, alerts: Alerts, killed_at: float) -> str:
    delays = {key: alerts.times[key] - sent for key, sent in load.times.items()}
    after = max(d for key, d in delays.items() if load.times[key] >= killed_at - 1)
    before = sorted(d for key, d in delays.items() if load.times[key] < killed_at - 1)
    return (
        f"{len(delays)} breaches; before the kill told after {before[len(before) // 2]:.3f} s (p50)"
        f" and {before[-1]:.3f} s at most; after it {after:.1f} s at most"
    )


def test_when_one_of_two_workers_is_killed_its_alerts_go_on_and_none_is_lost_or_doubled(
    broker: str, tmp_path: Path
) -> None:
    ensure(Connection(broker), TOPICS)
    Pipe(broker, TOPICS).run(
        PermissionGranted(id=f"g-{a}", at=NOON, agent=a, grant=a, resources=["repo"])
        for a in AGENTS
    )
    load, alerts = Load(broker), Alerts(broker)
    with ExitStack() as stack:
        alerts.start()
        stack.callback(alerts.end)
        logs = [tmp_path / f"{n}.log" for n in range(2)]
        workers = [stack.enter_context(working(broker, tmp_path, log)) for log in logs]
        until(lambda: all("partitions [" in log.read_text() for log in logs), "both share")
        load.start()
        stack.callback(load.end)
        until(lambda: alerts.counted.keys() >= set(AGENTS), "alerts of all agents")
        time.sleep(3)
        killed_at = time.monotonic()
        workers[0].kill()
        time.sleep(10)
        load.end()
        until(lambda: alerts.counted == load.breaches, "every breach is told")

    print(f"\n{told_of(load, alerts, killed_at)}")  # noqa: T201  the record
    for agent in AGENTS:
        mine = [f for f in alerts.told.values() if f["score"]["subject"] == f"agent:{agent}"]
        assert [f["revision"] for f in mine] == list(range(len(mine)))
        assert mine[-1]["score"]["statistic"] == load.breaches[agent]
