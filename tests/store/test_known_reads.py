"""A statement is parsed once, however often it is asked; what is refused is refused each time."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import duckdb
import pytest

from commonmode.store import QueryError
from commonmode.store.execution import single_read
from commonmode.store.known_reads import LONGEST, KnownReads, Read


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def test_what_was_read_before_is_not_parsed_again(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT $never_asked_before AS x FROM events"
    first = single_read(connection, sql)

    with patch("commonmode.store.execution._parsed", side_effect=AssertionError("parsed again")):
        assert single_read(connection, sql) == first


def test_what_was_refused_is_refused_again(connection: duckdb.DuckDBPyConnection) -> None:
    for _ in range(2):
        with pytest.raises(QueryError):
            single_read(connection, "DELETE FROM events")


def test_a_long_statement_is_not_kept() -> None:
    known, long = KnownReads(), "x" * (LONGEST + 1)
    known.add(long, Read(long, frozenset(), is_explain=False, tables=frozenset()))

    assert known.get(long) is None


def test_what_is_asked_again_outlives_what_is_not() -> None:
    known = KnownReads(most=2)
    reads = [Read(sql, frozenset(), is_explain=False, tables=frozenset()) for sql in "abc"]
    for read in reads[:2]:
        known.add(read.query, read)
    known.get("a")
    known.add("c", reads[2])

    assert [known.get(sql) for sql in "abc"] == [reads[0], None, reads[2]]
