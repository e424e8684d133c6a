"""The demo shows all three findings beside what was spared, and leaves nothing behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from commonmode.cli.demo.feed import Feed
from commonmode.events import Event, decode

PATIENCE = 240.0
README = Path(__file__).parents[2] / "README.md"
LINE = '{"id":"%d","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}'


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "commonmode.cli.main", "demo", "--no-browser", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        watchdog = threading.Timer(PATIENCE, running.kill)
        watchdog.start()
        try:
            yield running
        finally:
            watchdog.cancel()
            running.kill()


def read_until(running: subprocess.Popen[str], words: str) -> str:
    assert running.stdout is not None
    said = ""
    for line in running.stdout:
        said += line
        if words in line:
            return said
    pytest.fail(f"the demo ended without saying {words!r}:\n{said}")


def ids(text: str) -> set[str]:
    """Return the findings shown that rest on the whole day: which breaches come first varies."""
    told = r"^● (?:monoculture|collusion)(?:(?!^●).)*?explain (\w+)"
    return set(re.findall(told, text, re.DOTALL | re.MULTILINE))


def still_running(folder: Path) -> list[str]:
    processes = (p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"]))
    return [" ".join(command) for command in processes if str(folder) in " ".join(command)]


@pytest.mark.parametrize("way", [pytest.param((), marks=pytest.mark.kafka), ("--no-broker",)])
def test_the_three_findings_stand_beside_what_was_spared(
    way: tuple[str, ...], tmp_path: Path
) -> None:
    with demo("--data", str(tmp_path), *way) as running:
        said = read_until(running, "In another terminal")
        running.send_signal(signal.SIGINT)
        code = running.wait(60)

    assert code == 130
    for detector in ("monoculture", "collusion", "scope"):
        assert f"● {detector}" in said
    assert ("Kafka is left out" in said) == bool(way)
    assert re.search(r"http://127\.0\.0\.1:\d+", said)
    assert f"export COMMONMODE_DATA={tmp_path}; " in said
    assert set[str]() < ids(README.read_text(encoding="utf-8")) <= ids(said)
    assert "✗" not in said
    assert said.count("0 ✓") >= 10
    assert still_running(tmp_path) == []


def events(count: int) -> Iterator[Event]:
    return (decode(LINE % n) for n in range(count))


def test_history_goes_at_once_and_the_rest_at_its_pace() -> None:
    taken: list[Event] = []
    with Feed(events(500), taken.extend, history=400, pace=1_000.0) as feed:
        feed.join(30)

    assert [event.id for event in taken] == [str(n) for n in range(500)]


def test_a_feed_that_is_stopped_stops_waiting() -> None:
    taken: list[Event] = []
    with Feed(events(1_000_000), taken.extend, history=10, pace=0.01) as feed:
        pass

    assert not feed.is_alive()
    assert len(taken) <= 11


def test_what_goes_wrong_in_a_feed_is_kept() -> None:
    def refuse(_events: object) -> None:
        msg = "no"
        raise OSError(msg)

    with Feed(events(1), refuse, history=1, pace=1.0) as feed:
        feed.join(30)

    assert isinstance(feed.error, OSError)
