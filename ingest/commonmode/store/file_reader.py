"""Reading a store's file in this process, while no other process owns it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

from commonmode.store.database import (
    VERSION,
    connect_file,
    create_or_upgrade,
    lock_settings,
    version_of,
)
from commonmode.store.execution import Parameters, Stream
from commonmode.store.layout import store_path
from commonmode.store.reader import Reader


class FileReader(Reader):
    """Opens the file for each query and lets go of it after, so that a writer can come.

    Parameters
    ----------
    data_dir : path
        The data folder, or a ``.duckdb`` file.
    """

    def __init__(self, data_dir: Path | str) -> None:
        self.path = store_path(data_dir)

    def batches(self, sql: str, parameters: Parameters = None) -> pa.RecordBatchReader:
        """See `Reader.batches`."""
        self._upgrade_if_older()
        connection = connect_file(self.path, read_only=True)
        try:
            lock_settings(connection)
            return _closing(connection, Stream(connection, sql, parameters))
        except BaseException:
            connection.close()
            raise

    def _upgrade_if_older(self) -> None:
        with closing(connect_file(self.path, read_only=True)) as found:
            if version_of(found, self.path) == VERSION:
                return
        with closing(connect_file(self.path, read_only=False)) as older:
            create_or_upgrade(older, self.path)

    def close(self) -> None:
        """Do nothing: nothing is held between queries."""


class Holder(Protocol):
    """Whoever in this process holds the file: the writer, or one of its cursors."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the same store."""
        ...


class CursorReader(Reader):
    """Reads through the writer of this very process, which holds the file.

    Parameters
    ----------
    holder : Holder
        Each query gets a cursor of its own from it.
    """

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    def batches(self, sql: str, parameters: Parameters = None) -> pa.RecordBatchReader:
        """See `Reader.batches`."""
        cursor = self._holder.cursor()
        try:
            return _closing(cursor, Stream(cursor, sql, parameters))
        except BaseException:
            cursor.close()
            raise

    def close(self) -> None:
        """Do nothing: the writer is closed by whoever opened it."""


def _closing(connection: duckdb.DuckDBPyConnection, stream: Stream) -> pa.RecordBatchReader:
    def rows() -> Iterator[pa.RecordBatch]:
        try:
            yield from stream
        finally:
            connection.close()

    return pa.RecordBatchReader.from_batches(stream.schema, rows())
