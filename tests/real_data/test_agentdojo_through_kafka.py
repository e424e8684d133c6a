"""Real agent logs, the whole way: files → Kafka → DuckDB, nothing lost, nothing doubled."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from commonmode.cli.sources import Sources
from commonmode.events import Event, Rejected, kind_of
from commonmode.store import Writer
from commonmode.store.file_reader import CursorReader
from commonmode.stream import Pipe, PipeSummary, Sink, Topics

pytestmark = [pytest.mark.real_data, pytest.mark.kafka]

RUNS = 12 * 194
"""Twelve pipelines, each on 97 benign and 97 attacked tasks."""


@pytest.fixture(scope="module")
def files(real_data: Path) -> tuple[Path, ...]:
    return tuple(sorted((real_data / "agentdojo").glob("*.jsonl.gz")))


@pytest.fixture(scope="module")
def topics() -> Topics:
    return Topics.named(f"{uuid4().hex[:12]}.events")


@pytest.fixture(scope="module")
def piped(broker: str, topics: Topics, files: tuple[Path, ...]) -> PipeSummary:
    return Pipe(broker, topics).run(Sources(files).read())


@pytest.fixture(scope="module")
def stored(
    broker: str, topics: Topics, piped: PipeSummary, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CursorReader]:
    with Writer(tmp_path_factory.mktemp("store")) as writer:
        Sink(writer, broker, topics).run(threading.Event(), until_end=True)
        yield CursorReader(writer)


def count(store: CursorReader, table: str) -> int:
    return int(store.query(f"SELECT count(*) FROM {table}").item())


def test_everything_read_was_sent_and_everything_sent_is_stored(
    piped: PipeSummary, stored: CursorReader
) -> None:
    assert piped.read == piped.sent + piped.rejected
    assert piped.sent == count(stored, "events")
    assert piped.rejected == count(stored, "rejected") == 0


def test_the_store_holds_what_the_files_say(files: tuple[Path, ...], stored: CursorReader) -> None:
    kinds = Counter(kind_of(e) for e in Sources(files).read() if isinstance(e, Event))

    assert dict(stored.query("SELECT kind, count(*) FROM events GROUP BY ALL").rows()) == kinds
    assert kinds["task_ended"] == kinds["truth_declared"] == RUNS


def test_the_tool_calls_are_all_there(stored: CursorReader) -> None:
    assert count(stored, "action_taken") == 8760


def test_a_second_reading_of_the_same_files_adds_nothing(
    broker: str, topics: Topics, files: tuple[Path, ...], piped: PipeSummary, tmp_path: Path
) -> None:
    Pipe(broker, topics).run(Sources(files[:1]).read())
    again = sum(not isinstance(e, Rejected) for e in Sources(files[:1]).read())

    with Writer(tmp_path) as writer:
        Sink(writer, broker, topics).run(threading.Event(), until_end=True)
        store = CursorReader(writer)
        assert count(store, "events") == piped.sent
        assert store.query("SELECT sum(duplicates) FROM ingest_counts").item() == again
