from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from commonmode.events import ActionTaken, Event, FindingRaised, FindingRevised, PermissionGranted
from commonmode.stream import Pipe, Topics
from commonmode.stream.log_reader import to_arrivals
from commonmode.stream.records import read_record

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
AGENTS = [f"agent-{n}" for n in range(20)]


def grants() -> list[Event]:
    return [
        PermissionGranted(id=f"g-{a}", at=NOON, agent=a, grant=a, resources=["repo/p1"])
        for a in AGENTS
    ]


def breach(agent: str, n: int) -> ActionTaken:
    return ActionTaken(
        id=f"{agent}-{n}",
        at=NOON + timedelta(seconds=n),
        agent=agent,
        action="read",
        resource="repo/p2",
    )


@contextmanager
def watching(broker: str, topics: Topics, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "commonmode.cli.main", "watch", "--data", str(data)]
    process = subprocess.Popen([*command, "-b", broker, "-t", topics.events])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Findings:
    """What stands in the topic of findings, read as it comes."""

    def __init__(self, broker: str, topics: Topics) -> None:
        self._consumer = Consumer({"bootstrap.servers": broker, "group.id": "test"})
        self._consumer.assign([TopicPartition(topics.findings, 0, 0)])
        self.seen: list[Event] = []

    def wait_for(self, agents: set[str], revision: int, seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not {f"agent:{a}" for a in agents} <= self.subjects(revision):
            assert time.monotonic() < until, f"only {self.subjects(revision)}"
            for message in self._consumer.consume(100, 0.2):
                (arrival,) = to_arrivals([message])
                self.seen.append(read_record(arrival.headers, arrival.value))

    def subjects(self, revision: int) -> set[str]:
        found = self.contents()
        return {one["score"]["subject"] for one in found if one["revision"] == revision}

    def contents(self) -> list[dict[str, Any]]:
        return [e.finding for e in self.seen if isinstance(e, FindingRaised | FindingRevised)]


def test_a_worker_tells_history_then_the_present_and_nothing_twice_after_a_restart(
    broker: str, made: Topics, tmp_path: Path
) -> None:
    findings = Findings(broker, made)
    Pipe(broker, made).run([*grants(), breach(AGENTS[0], 0)])
    with watching(broker, made, tmp_path) as worker:
        findings.wait_for({AGENTS[0]}, 0)
        Pipe(broker, made).run([breach(AGENTS[1], 1)])
        findings.wait_for({AGENTS[1]}, 0)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
        assert not list((tmp_path / "run" / "watch").iterdir())
    with watching(broker, made, tmp_path):
        Pipe(broker, made).run([breach(AGENTS[1], 2)])
        findings.wait_for({AGENTS[1]}, 1)

    assert len(findings.seen) == 3
    assert isinstance(findings.seen[0], FindingRaised)
    assert all(found["provisional"] for found in findings.contents())
