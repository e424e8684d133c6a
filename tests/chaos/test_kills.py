"""`kill -9` of the sink, the owner and the broker while events stream: none lost, none doubled.

`COMMONMODE_CHAOS_EVENTS` and `COMMONMODE_CHAOS_KILLS` (of each) make it larger.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from commonmode.cli.pipe import SOME_REJECTED
from commonmode.events import ActionTaken, encode
from commonmode.local.broker import Broker
from commonmode.store import StoreError, connect
from commonmode.stream import Topics

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(0)]

EVENTS = int(os.environ.get("COMMONMODE_CHAOS_EVENTS", "20000"))
KILLS = int(os.environ.get("COMMONMODE_CHAOS_KILLS", "1"))
SEED = int(os.environ.get("COMMONMODE_CHAOS_SEED", "1"))
ONE_BAD_IN = 1000
PATIENCE_SECONDS = 900.0

Victim = Literal["sink", "owner", "broker"]
VICTIMS: tuple[Victim, ...] = ("sink", "owner", "broker")
SINK = Path(__file__).with_name("sink_process.py")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Deployment:
    """Broker, owner and sink as processes of their own, to be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._broker = Broker(folder / "kafka")
        folder.mkdir(exist_ok=True)
        self._log = (folder / "log").open("ab")
        self.bootstrap = self._broker.start()
        self._commands = {
            "owner": ["-m", "commonmode.cli.main", "owner", "--data", str(self.data)],
            "sink": [str(SINK), str(self.data), self.bootstrap, Topics().events],
        }
        self._running = {name: self._start(name) for name in self._commands}

    def kill(self, victim: Victim) -> None:
        """Kill -9, then start again at once."""
        if victim == "broker":
            process = self._broker.process
            assert process is not None
            process.kill()
            process.wait()
            assert self._broker.start() == self.bootstrap
            return
        assert self._running[victim].poll() is None, f"{victim} had ended by itself"
        self._running[victim].kill()
        self._running[victim].wait()
        self._running[victim] = self._start(victim)

    def stop(self) -> None:
        """Stop everything as `down` does, the sink first."""
        for name in ("sink", "owner"):
            self._running[name].send_signal(signal.SIGTERM)
            assert self._running[name].wait(120) == 0
        self.end()

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        self._broker.stop()
        self._log.close()

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, *self._commands[name]]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log)


class Source(threading.Thread):
    """Pipes events in, and waits where the killer has fallen behind: every kill meets some."""

    def __init__(self, bootstrap: str, log: Path, kills: int) -> None:
        super().__init__()
        self.given = 0
        self.killed = 0
        self.segment = EVENTS / (kills + 1)
        command = [sys.executable, "-m", "commonmode.cli.main", "pipe", "-b", bootstrap, "--json"]
        with log.open("ab") as errors:
            self._pipe = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )

    def run(self) -> None:
        assert self._pipe.stdin is not None
        for n in range(EVENTS):
            while n > (self.killed + 1) * self.segment:
                time.sleep(0.01)
            self.given = n
            self._pipe.stdin.write(line(n))
        self._pipe.stdin.close()

    def summary(self) -> dict[str, int]:
        """Wait until all is piped."""
        self.join(PATIENCE_SECONDS)
        assert self._pipe.stdout is not None
        with self._pipe.stdout as output:
            said = output.read()
        assert self._pipe.wait(PATIENCE_SECONDS) == SOME_REJECTED
        summary: dict[str, int] = json.loads(said)
        return summary

    def end(self) -> None:
        self._pipe.kill()
        self._pipe.wait()


def line(n: int) -> bytes:
    if n % ONE_BAD_IN == ONE_BAD_IN - 1:
        return b"{bad %d\n" % n
    at = NOON + timedelta(milliseconds=n)
    event = ActionTaken(id=f"e{n}", at=at, agent=f"agent-{n % 97}", action="buy", args={"n": n})
    return encode(event) + b"\n"


def kill_in_turn(deployment: Deployment, source: Source, draw: random.Random) -> list[Victim]:
    victims: list[Victim] = [*VICTIMS] * KILLS
    draw.shuffle(victims)
    for turn, victim in enumerate(victims):
        moment = (turn + draw.random()) * source.segment
        while source.given < moment:
            time.sleep(0.005)
        time.sleep(draw.random())
        deployment.kill(victim)
        source.killed += 1
    return victims


def wait_until_stored(data: Path, expected: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while count(data, "SELECT count(*) FROM events") < expected:
        assert time.monotonic() < until, "events are missing"
        time.sleep(0.5)


def count(data: Path, query: str) -> int:
    try:
        with connect(data) as store:
            return int(store.query(query).item())
    except StoreError:
        return -1


def test_kills_at_random_moments_neither_lose_nor_double_an_event(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path)
    source = Source(deployment.bootstrap, tmp_path / "log", KILLS * len(VICTIMS))
    bad = EVENTS // ONE_BAD_IN
    started = time.monotonic()
    try:
        source.start()
        victims = kill_in_turn(deployment, source, random.Random(SEED))
        assert source.summary() == {"read": EVENTS, "sent": EVENTS - bad, "rejected": bad}
        wait_until_stored(deployment.data, EVENTS - bad)
        deployment.stop()
    finally:
        source.end()
        deployment.end()

    lost_or_strange = f"""
        SELECT count(*) FROM (SELECT 'e' || n AS id FROM range({EVENTS}) AS r(n)
            WHERE n % {ONE_BAD_IN} <> {ONE_BAD_IN - 1}) AS expected
        FULL JOIN events USING (id) WHERE expected.id IS NULL OR events.id IS NULL
    """
    figures = {
        "events": count(deployment.data, "SELECT count(*) FROM events"),
        "distinct": count(deployment.data, "SELECT count(DISTINCT id) FROM events"),
        "lost or strange": count(deployment.data, lost_or_strange),
        "rejected": count(deployment.data, "SELECT count(*) FROM rejected"),
        "rejected, distinct": count(
            deployment.data, 'SELECT count(DISTINCT "offset") FROM rejected'
        ),
    }
    again = count(deployment.data, "SELECT sum(duplicates)::BIGINT FROM ingest_counts")
    kills = {victim: victims.count(victim) for victim in VICTIMS}
    seconds = time.monotonic() - started
    told = f"{figures}; killed {kills}; sent again and dropped {again}; {seconds:.0f} s"
    print(f"\n{told}")  # noqa: T201  the record
    assert figures == {
        "events": EVENTS - bad,
        "distinct": EVENTS - bad,
        "lost or strange": 0,
        "rejected": bad,
        "rejected, distinct": bad,
    }
