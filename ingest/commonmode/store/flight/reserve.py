"""Memory that queries leave to the writer: without any, DuckDB can neither commit nor roll back."""

from __future__ import annotations

import threading
from collections.abc import Callable

import duckdb

from commonmode.store.errors import QueryError, QueryTooLargeError

_SHARE = 0.8
_EVERY_SECONDS = 0.02
_LIMIT = "SELECT parse_formatted_bytes(current_setting('memory_limit'))"
_USED = "SELECT coalesce(sum(memory_usage_bytes), 0) FROM duckdb_memory()"


class Reserve:
    """Stops all queries once they and the writer have taken four fifths of DuckDB's memory.

    DuckDB bounds memory for the whole database, and lets some queries grow past the bound: what
    fails then may be the writer's rollback, after which the file must be opened anew.

    Parameters
    ----------
    cursor
        To ask DuckDB what is used; nobody else's.
    busy
        Whether any query runs.
    stop
        Stops them, saying why; must not block.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        busy: Callable[[], bool],
        stop: Callable[[QueryError], None],
    ) -> None:
        self._cursor, self._busy, self._stop = cursor, busy, stop
        ((limit,),) = cursor.execute(_LIMIT).fetchall()
        self._most = _SHARE * limit
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory reserve", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            if self._busy() and self._used() > self._most:
                msg = "the queries that ran took most of the store's memory and were stopped."
                self._stop(QueryTooLargeError(msg, "narrow the query, or take fewer columns"))

    def _used(self) -> float:
        try:
            ((used,),) = self._cursor.execute(_USED).fetchall()
        except duckdb.OutOfMemoryException:
            return float("inf")
        return float(used)
