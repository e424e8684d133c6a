"""Who asked what from elsewhere: a row for each query, in a table that stays small."""

from __future__ import annotations

import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Literal

import duckdb
import msgspec
from msgspec import Struct

from commonmode.store.database import transaction
from commonmode.store.errors import StoreError

logger = logging.getLogger(__name__)

MOST_ROWS = 100_000
MOST_CHARACTERS = 16 * 2**20
"""What is kept of SQL, altogether; the oldest goes first."""
TRIM_EVERY = 1_000
GATHER_SECONDS = 0.2

LONGEST_SQL = 10_000
MOST_WAITING = 10_000

_INSERT = "INSERT INTO queries BY NAME SELECT unnest($entries, recursive := true)"
_TRIM = """
    DELETE FROM queries WHERE "at" <= (
        SELECT max("at") FROM (
            SELECT "at", row_number() OVER newest AS place,
                sum(length(sql)) OVER newest AS characters
            FROM queries WINDOW newest AS (ORDER BY "at" DESC ROWS UNBOUNDED PRECEDING)
        ) WHERE place > $rows OR characters > $characters
    )
"""
_TOKEN = re.compile(r"commonmode_[\w-]{20,}")


Ended = Literal["answered", "failed", "left"]


class Entry(Struct, frozen=True):
    """One query: a row of table `queries`."""

    at: datetime
    name: str
    sql: str
    ended: Ended
    rows: int
    milliseconds: float
    reason: str | None


Note = Callable[[Entry], None]


class Asked:
    """A query from its start to its end.

    Parameters
    ----------
    note : callable
        Takes the entry.
    name : str
        Whose token was shown.
    sql : str
        What was asked; a token in it is left out, and only its first 10,000 characters are kept.
    """

    def __init__(self, note: Note, name: str, sql: str) -> None:
        self._note = note
        self._name = name
        self._sql = _TOKEN.sub("commonmode_…", sql)[:LONGEST_SQL]
        self._at = datetime.now(UTC)
        self._began = time.perf_counter()
        self.rows = 0

    @contextmanager
    def until_refused(self) -> Iterator[None]:
        """Note it when it is refused in here."""
        try:
            yield
        except StoreError as error:
            self._end(error)
            raise

    @contextmanager
    def until_done(self) -> Iterator[None]:
        """Note it when it ends in here, however."""
        try:
            yield
        except BaseException as error:
            self._end(error)
            raise
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        took = round(1_000 * (time.perf_counter() - self._began), 3)
        failed = isinstance(error, StoreError)
        ended: Ended = "failed" if failed else "left" if error else "answered"
        reason = _TOKEN.sub("commonmode_…", str(error)) if failed else None
        self._note(Entry(self._at, self._name, self._sql, ended, self.rows, took, reason))


class QueryLog:
    """Writes entries from a thread of its own, so that neither queries nor batches wait.

    Parameters
    ----------
    cursor : DuckDBPyConnection
        The log's own, of the store's owner.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._waiting: queue.Queue[Entry | None] = queue.Queue(MOST_WAITING)
        self._untrimmed = TRIM_EVERY
        self._thread = threading.Thread(target=self._write_all, name="queries", daemon=True)
        self._thread.start()

    def note(self, entry: Entry) -> None:
        """Have it written; when ten thousand wait already, wait too."""
        self._waiting.put(entry)

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()
        self._cursor.close()

    def _write_all(self) -> None:
        while (first := self._waiting.get()) is not None:
            entries, goes_on = self._with_those_behind(first)
            try:
                self._write(entries)
            except duckdb.Error as error:
                logger.warning("%d queries could not be noted: %s", len(entries), error)
            if not goes_on:
                return

    def _with_those_behind(self, first: Entry) -> tuple[list[Entry], bool]:
        """Return what waits, and whether more may come."""
        entries = [first]
        with suppress(queue.Empty):
            while len(entries) < TRIM_EVERY:
                entry = self._waiting.get(timeout=GATHER_SECONDS)
                if entry is None:
                    return entries, False
                entries.append(entry)
        return entries, True

    def _write(self, entries: list[Entry]) -> None:
        rows = [msgspec.structs.asdict(entry) for entry in entries]
        with transaction(self._cursor):
            self._cursor.execute(_INSERT, {"entries": rows})
            self._untrimmed += len(rows)
            if self._untrimmed >= TRIM_EVERY:
                self._untrimmed = 0
                bounds = {"rows": MOST_ROWS, "characters": MOST_CHARACTERS}
                self._cursor.execute(_TRIM, bounds)
