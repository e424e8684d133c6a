"""What DuckDB says of a query that fails, in words that help."""

from __future__ import annotations

import duckdb
import pytest

from commonmode.store import QueryError
from commonmode.store.execution import in_our_words


def test_a_query_that_was_broken_off_without_a_word_of_its_own_says_what_to_do() -> None:
    with duckdb.connect() as connection:
        connection.execute("BEGIN TRANSACTION")
        with pytest.raises(duckdb.ConversionException):
            connection.execute("SELECT 'x'::INT")
        with pytest.raises(duckdb.TransactionException) as caught:
            connection.execute("SELECT 1")

    error = in_our_words(caught.value)
    assert isinstance(error, QueryError)
    assert "broken off, most likely for lack of memory" in error.problem
    assert error.hint == "narrow the query, or take fewer columns"
