"""A query is ended whenever it is stopped, and memory is kept for the writer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from commonmode.store import QueryError
from commonmode.store.flight import bounds
from commonmode.store.flight.bounds import BoundedStream, Life
from commonmode.store.flight.reserve import Reserve

SLOW = "SELECT count(*) FROM range(100_000) AS a(i), range(100_000) AS b(j) WHERE hash(i + j) = 1"
WHY = QueryError("enough of it.", "ask for less")
LONG = timedelta(minutes=5)


class Deaf:
    """A cursor that does not hear the first interrupts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, deaf_to: int) -> None:
        self._cursor, self.interrupts, self._deaf_to = connection.cursor(), 0, deaf_to

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def interrupt(self) -> None:
        self.interrupts += 1
        if self.interrupts > self._deaf_to:
            self.end()

    def end(self) -> None:
        self._cursor.interrupt()


@contextmanager
def stopped_in(seconds: float) -> Iterator[Callable[[BoundedStream], None]]:
    """Yield what stops a stream that begins, so long after."""
    timers = []

    def begun(stream: BoundedStream) -> None:
        timers.append(threading.Timer(seconds, stream.stop, [WHY]))
        timers[-1].start()

    yield begun
    for timer in timers:
        timer.join()


def life(begun: Callable[[BoundedStream], None], over: list[Any]) -> Life:
    return Life(begun, over.append, pytest.fail)


def test_a_query_is_ended_though_the_first_interrupt_came_before_it_had_begun() -> None:
    given_back: list[Any] = []
    with duckdb.connect() as connection, stopped_in(0.2) as begun:
        cursor: Any = Deaf(connection, deaf_to=1)
        with pytest.raises(QueryError, match="enough of it"):
            list(BoundedStream(cursor, SLOW, None, LONG, life(begun, given_back)))
    assert given_back == [cursor]
    assert cursor.interrupts > 1


def test_a_query_that_is_stopped_before_it_starts_never_runs() -> None:
    given_back: list[Any] = []
    with duckdb.connect() as connection, pytest.raises(QueryError, match="enough of it"):
        BoundedStream(connection, SLOW, None, LONG, life(lambda new: new.stop(WHY), given_back))
    assert given_back == [connection]


def test_of_a_query_that_does_not_end_is_told_and_its_cursor_is_lent_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "_ENDLESS_SECONDS", 0.3)
    given_back: list[Any] = []
    told = threading.Event()
    with duckdb.connect() as connection, stopped_in(0.2) as begun:
        cursor: Any = Deaf(connection, deaf_to=1_000)

        def endless() -> None:
            told.set()
            cursor.end()

        with pytest.raises(QueryError, match="enough of it"):
            BoundedStream(cursor, SLOW, None, LONG, Life(begun, given_back.append, endless))
    assert told.is_set()
    assert given_back == []


def told_within_seconds(connection: duckdb.DuckDBPyConnection, *, busy: bool) -> list[QueryError]:
    told: list[QueryError] = []
    heard = threading.Event()

    def stop(why: QueryError) -> None:
        told.append(why)
        heard.set()

    reserve = Reserve(connection.cursor(), lambda: busy, stop)
    heard.wait(0.5)
    reserve.end()
    return told


def filled(share: float) -> duckdb.DuckDBPyConnection:
    """Return a database that uses so much of its 50 MB."""
    connection = duckdb.connect(config={"memory_limit": "50MB", "temp_directory": ""})
    rows = int(share * 50_000_000 / 8)
    connection.execute(f"CREATE TABLE held AS SELECT hash(i) AS h FROM range({rows}) AS t(i)")
    return connection


def test_queries_are_stopped_once_four_fifths_of_the_memory_are_used() -> None:
    with filled(0.85) as connection:
        told = told_within_seconds(connection, busy=True)
    assert "took most of the store's memory" in str(told[0])
    assert told[0].hint


@pytest.mark.parametrize(("share", "busy"), [(0.5, True), (0.85, False)])
def test_nothing_is_stopped_below_that_or_where_no_query_runs(*, share: float, busy: bool) -> None:
    with filled(share) as connection:
        assert told_within_seconds(connection, busy=busy) == []
