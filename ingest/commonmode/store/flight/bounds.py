"""Queries within bounds: so many at once, so long, with so much memory each."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import pyarrow as pa

from commonmode.store.errors import QueryError
from commonmode.store.execution import Parameters, Stream
from commonmode.store.writer import Writer


@dataclass(frozen=True)
class Limits:
    """What one query, and all of them, may take of the owner.

    Parameters
    ----------
    timeout : timedelta
        From the start of a query until its last row is fetched.
    memory : str
        For a query's sorts and hash tables, e.g. ``"1GB"``; larger ones go to disk. What
        cannot go there fails at the writer's `memory_limit`.
    concurrent : int
        Queries that run at the same time.
    patience : timedelta
        How long a query waits for another to end.
    """

    timeout: timedelta = timedelta(seconds=60)
    memory: str = "1GB"
    concurrent: int = 8
    patience: timedelta = timedelta(seconds=5)


class QueryPool:
    """Runs queries on cursors that were set aside before the settings were locked.

    DuckDB bounds a query's memory per connection, and cannot once settings are locked; so
    the cursors are made first, and their number is the bound on how many queries run.
    """

    def __init__(self, writer: Writer, limits: Limits) -> None:
        self.limits = limits
        self._idle: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
        for _ in range(limits.concurrent):
            cursor = writer.cursor()
            cursor.execute(f"SET operator_memory_limit = '{limits.memory}'")
            self._idle.put(cursor)
        writer.lock_settings()

    def run(self, sql: str, parameters: Parameters = None) -> BoundedStream:
        """Start a query.

        Raises
        ------
        QueryError, QueryRefusedError
            When it is wrong, not allowed, too long, or too many run already.
        """
        cursor = self._take()
        return BoundedStream(cursor, sql, parameters, self.limits.timeout, self._idle.put)

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor for the server's own short queries."""
        cursor = self._take()
        try:
            yield cursor
        finally:
            self._idle.put(cursor)

    def _take(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._idle.get(timeout=self.limits.patience.total_seconds())
        except queue.Empty:
            msg = f"{self.limits.concurrent} queries are running already."
            raise QueryError(msg, "try again when one has ended") from None


class BoundedStream:
    """A query's rows until its time is up; then it is stopped, read or not.

    A reader that stops fetching holds nothing after that: neither the cursor nor the
    transaction, which would keep the store from cleaning up.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        sql: str,
        parameters: Parameters,
        timeout: timedelta,
        give_back: Callable[[duckdb.DuckDBPyConnection], None],
    ) -> None:
        self._cursor = cursor
        self._timeout = timeout
        self._give_back = give_back
        self._stream: Stream | None = None
        self._over = self._expired = False
        self._running = threading.Lock()
        self._ending = threading.Lock()
        self._timer = threading.Timer(timeout.total_seconds(), self._expire)
        self._timer.daemon = True
        self._timer.start()
        try:
            with self._running:
                self._stream = Stream(cursor, sql, parameters)
        except BaseException as error:
            self.close()
            raise self._explained(error) from error
        self.schema: pa.Schema = self._stream.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            while (batch := self._next()) is not None:
                yield batch
        except QueryError as error:
            raise self._explained(error) from error
        finally:
            self.close()

    def _next(self) -> pa.RecordBatch | None:
        with self._running:
            if self._expired:
                msg = "stopped"
                raise QueryError(msg)
            return None if self._stream is None else self._stream.next_batch()

    def _expire(self) -> None:
        with self._ending:
            if self._over:
                return
            self._expired = True
            self._cursor.interrupt()
        self.close()

    def _explained(self, error: BaseException) -> BaseException:
        if not self._expired:
            return error
        msg = f"the query took longer than {self._timeout.total_seconds():g} s and was stopped."
        return QueryError(msg, "narrow it, e.g. by time, or take fewer columns")

    def close(self) -> None:
        """Stop, and give the cursor back; more than once does nothing."""
        with self._ending:
            if self._over:
                return
            self._over = True
        self._timer.cancel()
        with self._running:
            if self._stream is not None:
                self._stream.close()
            self._stream = None
        self._give_back(self._cursor)
