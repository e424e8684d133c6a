"""Queries within bounds: so many at once, so long, with so much memory each."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakSet

import duckdb
import pyarrow as pa

from commonmode.store.errors import QueryError, QueryTooLargeError, StoreError
from commonmode.store.execution import Parameters, Stream
from commonmode.store.flight.reserve import Reserve
from commonmode.store.writer import Writer

_AGAIN_SECONDS = 0.1
_ENDLESS_SECONDS = 60.0


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
        self._writer = writer
        self._idle: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
        self._running: WeakSet[BoundedStream] = WeakSet()
        self._listing = threading.Lock()
        for _ in range(limits.concurrent):
            cursor = writer.cursor()
            cursor.execute(f"SET operator_memory_limit = '{limits.memory}'")
            self._idle.put(cursor)
        self._life = Life(self._add, self._idle.put, self._give_up)
        self._reserve = Reserve(writer.cursor(), lambda: bool(self._running), self._stop_soon)
        writer.lock_settings()

    def run(self, sql: str, parameters: Parameters = None) -> BoundedStream:
        """Start a query.

        Raises
        ------
        QueryError, QueryRefusedError
            When it is wrong, not allowed, too long, or too many run already.
        """
        return BoundedStream(self._take(), sql, parameters, self.limits.timeout, self._life)

    def stop(self) -> None:
        """Stop what runs, so that the store can be closed."""
        self._reserve.end()
        for stream in self._all():
            stream.stop(QueryError("the owner of the store is ending.", "ask again later"))

    def _add(self, stream: BoundedStream) -> None:
        with self._listing:
            self._running.add(stream)

    def _all(self) -> tuple[BoundedStream, ...]:
        with self._listing:
            return tuple(self._running)

    def _stop_soon(self, why: QueryError) -> None:
        for stream in self._all():
            threading.Thread(target=stream.stop, args=[why], daemon=True).start()

    def _give_up(self) -> None:
        msg = f"a query that was stopped has not ended in {_ENDLESS_SECONDS:g} s."
        self._writer.defect = StoreError(msg, "the store is opened anew; nothing is lost")

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor for what is short as a rule: plans, and the server's own queries.

        Raises
        ------
        QueryError
            When it was not; or when too many queries run already.
        """
        cursor = self._take()
        deadline = Deadline(self.limits.timeout, cursor.interrupt)
        try:
            yield cursor
        except QueryError as error:
            raise (deadline.passed or error) from error
        finally:
            deadline.cancel()
            self._idle.put(cursor)

    def _take(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._idle.get(timeout=self.limits.patience.total_seconds())
        except queue.Empty:
            msg = f"{self.limits.concurrent} queries are running already."
            raise QueryError(msg, "try again when one has ended") from None


class Deadline:
    """Interrupts when time is up, and never after it was cancelled."""

    def __init__(self, timeout: timedelta, interrupt: Callable[[], object]) -> None:
        self.passed: QueryError | None = None
        self._interrupt = interrupt
        self._lock = threading.Lock()
        self._over = False
        self._timeout = timeout
        self._timer = threading.Timer(timeout.total_seconds(), self._pass)
        self._timer.daemon = True
        self._timer.start()

    def _pass(self) -> None:
        with self._lock:
            if not self._over:
                self.passed = too_long(self._timeout)
                self._interrupt()

    def cancel(self) -> None:
        """Let it go."""
        self._timer.cancel()
        with self._lock:
            self._over = True


def too_long(timeout: timedelta) -> QueryError:
    """Say that time is up."""
    msg = f"the query took longer than {timeout.total_seconds():g} s and was stopped."
    return QueryTooLargeError(msg, "narrow it, e.g. by time, or take fewer columns")


@dataclass(frozen=True)
class Life:
    """Who is told of a query that it begins, is over, or was stopped and does not end."""

    begun: Callable[[BoundedStream], None]
    over: Callable[[duckdb.DuckDBPyConnection], None]
    endless: Callable[[], None]


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
        life: Life,
    ) -> None:
        self._cursor = cursor
        self._life = life
        self._stream: Stream | None = None
        self._over = False
        self._stopped: QueryError | None = None
        self._running = threading.Lock()
        self._ending = threading.Lock()
        self._timer = threading.Timer(timeout.total_seconds(), self.stop, [too_long(timeout)])
        self._timer.daemon = True
        self._timer.start()
        life.begun(self)
        try:
            with self._running:
                self.schema = self._start(sql, parameters)
        except BaseException as error:
            self.close()
            raise (self._stopped or error) from error

    def _start(self, sql: str, parameters: Parameters) -> pa.Schema:
        if self._stopped is not None:
            raise self._stopped
        self._stream = Stream(self._cursor, sql, parameters)
        return self._stream.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            while (batch := self._next()) is not None:
                yield batch
        except QueryError as error:
            raise (self._stopped or error) from error
        finally:
            self.close()

    def _next(self) -> pa.RecordBatch | None:
        with self._running:
            if self._stopped is not None:
                raise self._stopped
            return None if self._stream is None else self._stream.next_batch()

    def stop(self, why: QueryError) -> None:
        """End it now, read or not; whoever reads on is told why."""
        with self._ending:
            if self._over:
                return
            self._stopped = why
            self._cursor.interrupt()
        self.close()

    def close(self) -> None:
        """Stop, and give the cursor back; more than once does nothing."""
        with self._ending:
            if self._over:
                return
            self._over = True
        self._timer.cancel()
        if not self._has_ended():
            self._life.endless()
            return
        try:
            if self._stream is not None:
                self._stream.close()
            self._stream = None
        finally:
            self._running.release()
        self._life.over(self._cursor)

    def _has_ended(self) -> bool:
        """Interrupt until it has: what came before the query had begun is lost."""
        for _ in range(round(_ENDLESS_SECONDS / _AGAIN_SECONDS)):
            if self._running.acquire(timeout=_AGAIN_SECONDS):
                return True
            self._cursor.interrupt()
        return False
