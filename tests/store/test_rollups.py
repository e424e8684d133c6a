"""Whatever is folded when, the counts are what a scan of all events gives."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.samples import (
    NOON,
    action,
    actions,
    batch,
    finding,
    new_folder,
    until_folded,
    with_empty_store,
)

from commonmode.events import BidPlaced, Event, TruthDeclared
from commonmode.store import Writer, connect, database, rollups
from commonmode.store.snapshot import snapshot

SCANS = {
    "activity": """
        SELECT seconds, to_timestamp(floor(epoch("at") / seconds) * seconds), kind, family, outcome,
            count(*), count(*) FILTER (attempted)
        FROM events, (VALUES (60), (3600)) AS widths(seconds) GROUP BY ALL
    """,
    "presence": """
        SELECT agent, kind, family, operator, min("at"), max("at"), count(*)
        FROM events GROUP BY ALL
    """,
    "resource_use": """
        SELECT resource, min("at"), max("at"), count(*)
        FROM events WHERE resource IS NOT NULL GROUP BY ALL
    """,
}

maybe = st.sampled_from([None, "", "x", "y"])
moments = st.sampled_from([-86_400 * 700_000, -1, 0, 59, 60, 3_599, 3_600, 86_400 * 2_000_000])
BUSY = actions(8)


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    """Few keys, so that many events share them, and times far apart and out of order."""
    who: dict[str, Any] = {
        "agent": draw(st.sampled_from("ab")),
        "family": draw(maybe),
        "operator": draw(maybe),
    }
    base: dict[str, Any] = {
        "id": f"{draw(st.integers(0, 30))}",
        "at": NOON + timedelta(seconds=draw(moments)),
    }
    match draw(st.integers(0, 3)):
        case 0:
            return BidPlaced(**base, **who, resource=draw(maybe))
        case 1:
            return TruthDeclared(**base, **who)
        case 2:
            return finding(draw(st.integers(0, 3)))
    tried = draw(st.sampled_from([None, True, False]))
    more: dict[str, Any] = {"resource": draw(maybe), "outcome": draw(maybe), "attempted": tried}
    return action(0, **base, **who, **more)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "FOLD_ROWS", 5)


def rows(cursor: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return sorted(cursor.execute(query).fetchall(), key=repr)


def differences(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        name for name, scan in SCANS.items() if rows(cursor, f"FROM {name}") != rows(cursor, scan)
    ]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.lists(any_event(), max_size=8), st.booleans()), max_size=8))
def test_the_counts_equal_a_scan_after_every_batch_and_every_opening(
    deliveries: list[tuple[list[Event], bool]],
) -> None:
    with new_folder() as folder:
        writer = Writer(folder)
        for events, opened_anew in deliveries:
            writer.append(batch(events))
            assert differences(writer.cursor()) == []
            if opened_anew:
                writer.close()
                writer = Writer(folder)
        assert differences(writer.cursor()) == []
        writer.close()


def total(cursor: duckdb.DuckDBPyConnection, counts: str) -> int:
    query = f"SELECT coalesce(sum(events), 0) FROM {counts}"
    ((events,),) = cursor.execute(query).fetchall()
    return int(events)


def test_few_events_are_left_to_scan(writer: Writer) -> None:
    for first in range(0, 40, 4):
        writer.append(batch(actions(4, first=first)))
        until_folded(writer)

    cursor = writer.cursor()
    assert total(cursor, "folded_presence") + total(cursor, "recent_presence") == 40
    assert total(cursor, "recent_presence") < 5


def test_a_key_has_one_row_however_often_it_is_folded(writer: Writer) -> None:
    for first in range(0, 40, 8):
        writer.append(batch(actions(8, first=first)))
        until_folded(writer)

    assert rows(writer.cursor(), "SELECT agent, events FROM folded_presence") == [("a", 40)]
    assert rows(writer.cursor(), "SELECT count(*) FROM folded_activity") == [(2,)]


def test_batches_are_stored_and_counted_in_the_middle_of_a_fold(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, may_end = threading.Event(), threading.Event()

    @contextmanager
    def long_transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        with database.transaction(cursor):
            yield
            under_way.set()
            may_end.wait(60)

    monkeypatch.setattr(rollups, "transaction", long_transaction)
    writer.append(batch(BUSY))
    assert under_way.wait(60)
    for first in range(8, 40, 8):
        assert writer.append(batch(actions(8, first=first))).stored == 8
    assert total(writer.cursor(), "folded_presence") == 0
    assert differences(writer.cursor()) == []

    may_end.set()
    until_folded(writer)
    assert differences(writer.cursor()) == []


def test_what_cannot_be_folded_is_stored_and_counted_all_the_same(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rollups, "_PRESENCE", "SELECT error('no room')")
    appended = writer.append(batch(BUSY))

    assert appended.stored == 8
    while "upkeep failed" not in caplog.text:
        time.sleep(0.005)
    assert rows(writer.cursor(), "FROM folded_activity") == []
    assert differences(writer.cursor()) == []

    monkeypatch.undo()
    monkeypatch.setattr(rollups, "FOLD_ROWS", 5)
    writer.append(batch(actions(1, first=8)))
    until_folded(writer)
    assert total(writer.cursor(), "folded_presence") == 9
    assert differences(writer.cursor()) == []


def test_a_copy_counts_the_same(writer: Writer, tmp_path: Path) -> None:
    writer.append(batch(BUSY))
    with connect(writer.path) as store:
        snapshot(store, tmp_path / "copy.duckdb")

    with duckdb.connect(str(tmp_path / "copy.duckdb")) as copy:
        copy.execute("SET TimeZone = 'UTC'")
        assert rows(copy, "SELECT sum(events) FROM folded_presence") == [(8,)]
        assert differences(copy) == []


APPENDING = """
import sys
from commonmode.store import Writer, rollups
from tests.store.samples import actions, batch
rollups.FOLD_ROWS = 1
with Writer(sys.argv[1]) as writer:
    for n in range(10_000):
        writer.append(batch(actions(7, first=7 * n)))
        print(n + 1, flush=True)
"""


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The store of a writer that was killed while it folded after every batch."""
    with_empty_store(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", APPENDING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as told:
        while int(told.readline()) < 20:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
    return tmp_path


def test_a_killed_writer_leaves_nothing_folded_twice_or_not_at_all(killed: Path) -> None:
    with Writer(killed) as writer:
        assert rows(writer.cursor(), "SELECT count(*) >= 140 FROM events") == [(True,)]
        assert differences(writer.cursor()) == []
        writer.append(batch(actions(9, first=1_000_000)))
        assert differences(writer.cursor()) == []
