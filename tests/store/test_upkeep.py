"""Between two batches the store checkpoints and folds, and neither undoes a batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.store.samples import actions, batch

from commonmode.store import Writer, rollups, upkeep

pytestmark = pytest.mark.timeout(120)


def ahead(writer: Writer) -> int:
    """Bytes that are written ahead and not in the file yet."""
    log = Path(f"{writer.path}.wal")
    return log.stat().st_size if log.exists() else 0


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.005)


def stored(writer: Writer) -> int:
    ((count,),) = writer.cursor().execute("SELECT count(*) FROM events").fetchall()
    return int(count)


def folded(writer: Writer) -> int:
    """The position up to which events are folded into counts."""
    ((until,),) = writer.cursor().execute("SELECT max(next_seq) FROM folds").fetchall()
    return int(until or 0)


def test_a_checkpoint_follows_the_batch_that_made_it_due(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.append(batch(actions(50)))
    assert ahead(writer) > 0

    monkeypatch.setattr(upkeep, "CHECKPOINT_BYTES", 1)
    writer.append(batch(actions(50, first=50)))
    until(lambda: ahead(writer) == 0)
    assert stored(writer) == 100


def test_batches_that_leave_no_time_for_a_checkpoint_are_stored_all_the_same(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "CHECKPOINT_BYTES", 1)
    monkeypatch.setattr(rollups, "FOLD_ROWS", 20)
    for first in range(0, 1000, 10):
        assert writer.append(batch(actions(10, first=first))).stored == 10

    until(lambda: ahead(writer) == 0)
    assert stored(writer) == 1000
    assert writer.defect is None


class Hindered:
    """A connection that DuckDB lets make no checkpoint, as it does now and then beside a batch."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: str, *values: Any) -> Any:
        if query == "CHECKPOINT":
            msg = "Cannot CHECKPOINT: there are other write transactions active"
            raise duckdb.TransactionException(msg)
        return self._connection.execute(query, *values)


def test_a_checkpoint_in_the_way_of_a_batch_is_no_failure_and_holds_up_no_fold(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "CHECKPOINT_BYTES", 1)
    monkeypatch.setattr(rollups, "FOLD_ROWS", 20)
    monkeypatch.setattr(writer._upkeep, "_cursor", Hindered(writer.cursor()))
    writer.append(batch(actions(30)))
    until(lambda: folded(writer) > 1)

    assert not caplog.records


def test_upkeep_that_breaks_the_store_is_the_writers_defect(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_cursor: duckdb.DuckDBPyConnection) -> None:
        msg = "database has been invalidated: No space left on device"
        raise duckdb.FatalException(msg)

    monkeypatch.setattr(rollups, "FOLD_ROWS", 1)
    monkeypatch.setattr(rollups, "fold", broken)
    assert writer.append(batch(actions(5))).stored == 5
    until(lambda: writer.defect is not None)
    assert "No space left" in str(writer.defect)
