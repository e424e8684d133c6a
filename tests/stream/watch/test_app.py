from __future__ import annotations

import os
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
from tests.stream.conftest import eventually

from commonmode.events import ActionTaken, Event, FindingRaised, FindingRevised, PermissionGranted
from commonmode.stream import Connection, Pipe, Topics
from commonmode.stream.log_reader import to_arrivals
from commonmode.stream.records import read_record
from commonmode.stream.topics import describe
from commonmode.stream.watch.notes import Notes, Start

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
def watching(
    broker: str, topics: Topics, data: Path, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "commonmode.cli.main", "watch", "--data", str(data)]
    with (log or Path(os.devnull)).open("wb") as said:
        process = subprocess.Popen([*command, "-b", broker, "-t", topics.events], stderr=said)
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


def noted(broker: str, topics: Topics) -> Start:
    """Return where a worker would start that watches everybody."""
    notes = Notes(topics, describe(Connection(broker), (*topics.names, topics.notes)))
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test"})
    place = TopicPartition(topics.notes, 0, 0)
    consumer.assign([place])
    _, end = consumer.get_watermark_offsets(place)
    while end > 0:
        arrivals = to_arrivals(consumer.consume(1000, 0.2))
        notes.take(arrivals)
        end = end if not len(arrivals) or arrivals.offsets[-1] + 1 < end else 0
    consumer.close()
    return notes.start(range(topics.partitions))


def test_a_worker_starts_where_the_one_before_it_noted_that_windows_are_open(
    broker: str, made: Topics, tmp_path: Path
) -> None:
    findings = Findings(broker, made)
    Pipe(broker, made).run([*grants(), *(breach(agent, 0) for agent in AGENTS)])
    # Three hours later nobody's window of noon is open.
    Pipe(broker, made).run(breach(agent, 3 * 3600) for agent in AGENTS)
    logs = [tmp_path / name for name in ("first.log", "second.log")]
    with watching(broker, made, tmp_path, logs[0]):
        findings.wait_for(set(AGENTS), 0)
        eventually(lambda: len(noted(broker, made).marks) == made.partitions, 120)
    start = noted(broker, made)

    with watching(broker, made, tmp_path, logs[1]):
        Pipe(broker, made).run([breach(AGENTS[1], 3 * 3600 + 1)])
        findings.wait_for({AGENTS[1]}, 1)

    assert len(start.copies) == len(AGENTS)
    read = sum(at for place, at in start.offsets.items() if place.topic == made.events)
    assert read == 2 * len(AGENTS)
    assert "reading them whole" in logs[0].read_text()
    assert "reading them whole" not in logs[1].read_text().split("watching the agents")[-1]
