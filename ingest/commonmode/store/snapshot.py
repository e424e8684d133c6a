"""Copying a store, while it is written too, for tools that open DuckDB files themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from commonmode.store.content_hash import content_hash
from commonmode.store.database import create_or_upgrade
from commonmode.store.errors import StoreError
from commonmode.store.file_reader import CursorReader
from commonmode.store.reader import Reader
from commonmode.store.rollups import fold

STORAGE = "v1.5.0"
"""Storage version of the copy: what DuckDB 1.5's command line and UI can open."""

_NUMBERED = ("events", "finding_events", "rejected")
_SMALL = ("offsets", "ingest_counts", "judgements")


def snapshot(
    reader: Reader,
    path: Path,
    *,
    replace: bool = False,
    on_progress: Callable[[int], object] = lambda _rows: None,
) -> tuple[int, str]:
    """Copy what a store has recorded by now into a DuckDB file of its own.

    The copy has all tables and views; the rows of some stay behind: how far detectors have
    read (`detector_progress`), because they can read it anew, and who asked what (`queries`),
    because the copy may be for others.

    Parameters
    ----------
    reader : Reader
        The store, owned by somebody or not.
    path : path
        The new file.
    replace : bool
        Whether it may take the place of a file of that name.
    on_progress : callable, optional
        Told how many rows were copied each time some were.

    Returns
    -------
    tuple of int and str
        How many events the copy has, and its content hash.

    Raises
    ------
    StoreError
        When there is a file of that name, or it cannot be written.
    """
    if path.exists() and not replace:
        msg = f"there is a file {path} already."
        raise StoreError(msg, "name another, or give --force")
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        told = _copy(reader, unfinished, on_progress)
        unfinished.replace(path)
    except (duckdb.Error, OSError) as error:
        msg = f"{path} cannot be written: {error}."
        raise StoreError(msg) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return told


def _copy(reader: Reader, path: Path, on_progress: Callable[[int], object]) -> tuple[int, str]:
    mark = _mark(reader)
    with duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE}) as copy:
        copy.execute("SET TimeZone = 'UTC'")
        create_or_upgrade(copy, path)
        for table in _NUMBERED:
            query = f"SELECT * FROM {table} WHERE seq <= $last"  # noqa: S608  our own names
            with reader.batches(query, {"last": mark[table]}) as rows:
                for batch in rows:
                    _insert(copy, table, pa.Table.from_batches([batch]))
                    on_progress(batch.num_rows)
        for table in _SMALL:
            if mark[table]:
                _insert(copy, table, pa.Table.from_pylist(mark[table]))
        fold(copy)
        return mark["events"], content_hash(CursorReader(copy))


def _mark(reader: Reader) -> dict[str, Any]:
    # One query is one transaction: what it sees belongs together, however long copying takes.
    last = ", ".join(f"(SELECT coalesce(max(seq), 0) FROM {t}) AS {t}" for t in _NUMBERED)  # noqa: S608
    lists = ", ".join(f"(SELECT list(t) FROM {t} AS t) AS {t}" for t in _SMALL)  # noqa: S608
    return reader.query(f"SELECT {last}, {lists}").row(0, named=True)


def _insert(copy: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    copy.register("arriving", rows)
    copy.execute(f"INSERT INTO {table} BY NAME SELECT * FROM arriving")  # noqa: S608
    copy.unregister("arriving")
