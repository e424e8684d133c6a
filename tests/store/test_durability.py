"""What is told to be stored survives; what is not leaves no trace."""

import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import duckdb
import pytest
from tests.store.samples import actions, batch, with_empty_store

from commonmode.store import (
    Offset,
    StoreDamagedError,
    StoreHeldError,
    StoreUnreachableError,
    StoreVersionError,
    Writer,
    connect,
    open_writer,
    store_path,
)
from commonmode.store import connect as connect_store

CONNECT = import_module("commonmode.store.connect")
"""The module: its function of the same name hides it."""

HEADERS, BLOCK = 3 * 4096, 256 * 1024
"""Bytes before DuckDB's first block, and of each block."""

APPENDING = """
import sys
from commonmode.store import Offset, Writer
from tests.store.samples import actions, batch
with Writer(sys.argv[1]) as writer:
    for n in range(10_000):
        writer.append(batch(actions(7, first=7 * n), offsets=[Offset("t", 0, 7 * (n + 1))]))
        print(n + 1, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 23])
def test_what_a_killed_writer_had_confirmed_is_there_and_offsets_match_rows(
    tmp_path: Path, batches: int
) -> None:
    with_empty_store(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", APPENDING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as told:
        confirmed = 0
        while confirmed < batches:
            confirmed = int(told.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()
        confirmed = max([confirmed, *(int(line) for line in told if line.endswith("\n"))])

    with Writer(tmp_path) as writer, connect_store(tmp_path) as store:
        rows = store.query("SELECT count(*), count(DISTINCT id), max(seq) FROM events").row(0)
        assert rows[0] >= 7 * confirmed
        assert rows == (rows[0],) * 3
        assert writer.offsets() == [Offset("t", 0, rows[0])]


def test_a_store_of_a_newer_version_is_refused_by_name(tmp_path: Path) -> None:
    with_empty_store(tmp_path)
    with duckdb.connect(str(store_path(tmp_path))) as connection:
        connection.execute("UPDATE store_version SET version = 99")

    for opening in (lambda: Writer(tmp_path), lambda: connect(tmp_path).last_seq()):
        with pytest.raises(StoreVersionError, match=r"needed a store of version .* version 99"):
            opening()


def test_somebody_elses_duckdb_file_is_left_alone(tmp_path: Path) -> None:
    with duckdb.connect(str(store_path(tmp_path))) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1 AS x")

    with pytest.raises(StoreVersionError, match="not a commonmode store"):
        Writer(tmp_path)
    with duckdb.connect(str(store_path(tmp_path))) as connection:
        assert connection.execute("SHOW TABLES").fetchall() == [("mine",)]


def test_a_file_that_is_no_database_is_an_error_that_says_so(tmp_path: Path) -> None:
    store_path(tmp_path).write_bytes(b"not a database at all" * 1000)

    with pytest.raises(
        StoreDamagedError, match=r"not a valid DuckDB database.*`commonmode replay`"
    ):
        connect(tmp_path).last_seq()


def filled(folder: Path) -> Path:
    with Writer(with_empty_store(folder)) as writer:
        writer.append(batch(actions(20_000)))
    return store_path(folder)


def overwrite(path: Path) -> None:
    """Change a few bytes of every block, as a disk that fails does."""
    content = bytearray(path.read_bytes())
    for block in range(HEADERS, len(content) - 2048, BLOCK):
        content[block + 1024 : block + 1088] = bytes(64)
    path.write_bytes(content)


@pytest.mark.parametrize("kept", [0.002, 0.01, 0.25, 0.5])
def test_a_file_cut_short_says_so_and_what_to_do(tmp_path: Path, kept: float) -> None:
    path = filled(tmp_path)
    os.truncate(path, int(path.stat().st_size * kept))

    with pytest.raises(StoreDamagedError, match=r"Hint: move it away; .*`commonmode replay`"):
        connect(tmp_path).query("SELECT max(columns(*)) FROM events")


def test_a_damaged_file_is_not_taken_for_one_that_is_held(tmp_path: Path) -> None:
    overwrite(filled(tmp_path))

    for opening in (lambda: Writer(tmp_path), lambda: connect(tmp_path).last_seq()):
        with pytest.raises(StoreDamagedError, match="in block"):
            opening()


def test_rows_of_a_log_cut_short_by_a_crash_are_missing_with_their_offsets(tmp_path: Path) -> None:
    with_empty_store(tmp_path)
    program = APPENDING.replace("10_000", "20") + "    import os; os._exit(0)"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True)
    log = tmp_path / "store.duckdb.wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size * 2 // 3])

    with Writer(tmp_path) as writer, connect_store(tmp_path) as store:
        stored = store.last_seq()
        assert 0 < stored < 140
        assert writer.offsets() == [Offset("t", 0, stored)]


def test_no_store_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachableError, match="Hint: `commonmode load`"):
        connect(tmp_path / "none").last_seq()


def test_a_file_that_another_process_holds_is_waited_for_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_empty_store(tmp_path)
    hold = "import sys, time; from commonmode.store import Writer; w = Writer(sys.argv[1]); "
    held = [sys.executable, "-c", hold + "print('held', flush=True); time.sleep(60)"]
    process = subprocess.Popen([*held, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout as told:
        try:
            assert told.readline() == "held\n"
            monkeypatch.setattr(CONNECT, "PATIENCE", 0.2)
            with pytest.raises(StoreHeldError, match=f"another process holds.*{process.pid}"):
                connect(tmp_path).last_seq()
            monkeypatch.setattr(CONNECT, "PATIENCE", 30.0)
            os.kill(process.pid, signal.SIGTERM)
            start = time.monotonic()
            with open_writer(tmp_path) as writer:
                assert writer.append(batch(actions(1))).stored == 1
            assert time.monotonic() - start < 30
        finally:
            process.kill()
