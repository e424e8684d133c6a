"""Topics of a test's own, and the little that most tests of the stream need."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from commonmode.events import ActionTaken, Event
from commonmode.store import Writer
from commonmode.stream import Connection, Sink, SinkStatus, Topics, ensure

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def topics() -> Topics:
    """Names that no other test uses."""
    return Topics.named(f"{uuid4().hex[:12]}.events")


@pytest.fixture
def made(broker: str, topics: Topics) -> Topics:
    """The same, created."""
    ensure(Connection(broker), topics)
    return topics


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Writer]:
    """An empty store."""
    with Writer(tmp_path) as writer:
        yield writer


@pytest.fixture
def drain(broker: str, topics: Topics) -> Callable[[Writer], SinkStatus]:
    """Store all that the topics hold now."""
    return lambda store: Sink(store, broker, topics).run(threading.Event(), until_end=True)


def actions(count: int, prefix: str = "e", agents: int = 7) -> Iterator[Event]:
    """Some events, a second apart."""
    for n in range(count):
        at = NOON + timedelta(seconds=n)
        yield ActionTaken(id=f"{prefix}{n}", at=at, agent=f"agent-{n % agents}", action="buy")


def stored_ids(store: Writer) -> list[str]:
    """Ids in the store, in the order they were stored."""
    return [i for (i,) in store.cursor().execute("SELECT id FROM events ORDER BY seq").fetchall()]


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is so; fail when it does not become so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not become so"
        time.sleep(0.05)
