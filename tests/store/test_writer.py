"""A commit that failed, or only says so: each event is stored once all the same."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from tests.store.samples import actions, batch, new_folder

from commonmode.events import Position, Rejected
from commonmode.store import Appended, StoreError, Writer


class Failing:
    """A connection whose next COMMIT fails, after it took effect or without any."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, error: Exception, end: str) -> None:
        self._connection, self._error, self._end = connection, error, end

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: str, *values: Any) -> Any:
        if query == "COMMIT" and self._end:
            self._connection.execute(self._end)
            self._end = ""
            raise self._error
        return self._connection.execute(query, *values)


def fail(writer: Writer, error: Exception, end: str) -> None:
    writer._connection = Failing(writer._connection, error, end)  # type: ignore[assignment]


def held(writer: Writer) -> tuple[Any, ...]:
    return (
        writer.cursor()
        .execute(
            "SELECT (SELECT count(*) FROM events), (SELECT count(DISTINCT id) FROM events),"
            " (SELECT count(*) FROM rejected), stored, duplicates, rejected FROM ingest_counts"
        )
        .fetchall()[0]
    )


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_commit_without_memory_stores_and_counts_once_whether_it_took_effect_or_not(
    end: str,
) -> None:
    bad = [Rejected("why", "what", b"{", Position("", None, 7))]
    with new_folder() as folder, Writer(folder) as writer:
        writer.append(batch(actions(4)))
        fail(writer, duckdb.OutOfMemoryException("none left"), end)
        told = writer.append(batch(actions(10), bad))

        assert told == Appended(stored=6, duplicates=4, rejected=1)
        assert held(writer) == (10, 10, 1, 10, 4, 1)


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_what_is_sent_again_after_a_commit_that_was_told_to_fail_is_there_once(end: str) -> None:
    with new_folder() as folder, Writer(folder) as writer:
        fail(writer, duckdb.IOException("no space left on device"), end)
        with pytest.raises(StoreError):
            writer.append(batch(actions(10)))
        writer.append(batch(actions(10)))

        assert held(writer)[:2] == (10, 10)
