"""Running one statement that can only read, as a stream of record batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import duckdb
import pyarrow as pa

from commonmode.store.errors import QueryError, QueryRefusedError, StoreError
from commonmode.store.file_faults import file_fault

Parameters = Mapping[str, object] | Sequence[object] | None
"""Values for ``$name`` by name, or for ``?`` and ``$1`` in order."""

ROWS_PER_BATCH = 16_384

_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def single_read(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """Return the one statement of `sql`, provided that it can only read.

    Raises
    ------
    QueryRefusedError
        When there is not exactly one statement, or it is neither SELECT nor EXPLAIN.
    QueryError
        When it does not parse.
    """
    try:
        statements = duckdb.extract_statements(sql, connection=connection)
    except duckdb.Error as error:
        raise in_our_words(error) from error
    if len(statements) != 1:
        msg = f"needed exactly one statement; found {len(statements)}."
        raise QueryRefusedError(msg, "send them one by one")
    if statements[0].type not in _READING:
        msg = f"only SELECT and EXPLAIN can be run here; found {statements[0].type.name}."
        raise QueryRefusedError(msg, "the store is read-only; `commonmode snapshot` makes a copy")
    return statements[0]


def split_statements(sql: str) -> list[str]:
    """Return the statements of a script, one by one.

    Raises
    ------
    QueryError
        When it does not parse.

    Examples
    --------
    >>> split_statements("SELECT ';'; FROM events;")
    ["SELECT ';'", 'FROM events']
    """
    with duckdb.connect() as nowhere:
        try:
            statements = duckdb.extract_statements(sql, connection=nowhere)
        except duckdb.Error as error:
            raise in_our_words(error) from error
    return [statement.query.strip().rstrip(";") for statement in statements]


class Stream:
    """A statement running in a read-only transaction, which ends with the stream.

    Iterate over it once for its record batches, or close it early.

    Raises
    ------
    QueryError, QueryRefusedError
        When the statement is wrong or not allowed; reading on may raise them too.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters = None
    ) -> None:
        statement = single_read(cursor, sql)
        self._cursor = cursor
        self._rows: pa.RecordBatchReader | None = None
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        try:
            relation = cursor.sql(statement.query, params=parameters or None)
            rows = relation.to_arrow_reader(ROWS_PER_BATCH)
        except duckdb.Error as error:
            self.close()
            raise in_our_words(error) from error
        self._rows = rows
        self.schema: pa.Schema = rows.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            while (batch := self.next_batch()) is not None:
                yield batch
        finally:
            self.close()

    def next_batch(self) -> pa.RecordBatch | None:
        """Return the next rows, or None at the end."""
        try:
            return None if self._rows is None else next(self._rows, None)
        except (duckdb.Error, OSError) as error:
            raise in_our_words(error) from error

    def close(self) -> None:
        """Let go of what was not read, and end the transaction."""
        self._rows = None
        # Where an error has ended the transaction there is nothing left to end.
        with suppress(duckdb.TransactionException):
            self._cursor.execute("ROLLBACK")


def in_our_words(error: Exception) -> StoreError:
    """Turn what DuckDB says into an error that says what to do."""
    text = str(error).strip()
    if (fault := file_fault("that was asked", error)) is not None:
        return fault
    if isinstance(error, duckdb.PermissionException) or "disabled by configuration" in text:
        return QueryRefusedError(text, "a query reads the store only, no files and no network")
    if "maximum execution time" in text:
        return QueryError(text, "narrow the query, e.g. by time, or ask the owner for more time")
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in text:
        # What DuckDB proposes next is to change settings, which a query cannot.
        return QueryError(text.split("\n\n")[0], "narrow the query, or take fewer columns")
    if isinstance(error, duckdb.ParserException):
        return QueryError(text, 'keywords used as names need quotes: "at", "offset", "table"')
    return QueryError(text)
