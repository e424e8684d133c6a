"""Running one statement that can only read, as a stream of record batches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import duckdb
import msgspec
import pyarrow as pa

from commonmode.store.errors import (
    QueryError,
    QueryRefusedError,
    QueryTooLargeError,
    StoreError,
)
from commonmode.store.file_faults import file_fault
from commonmode.store.known_reads import KnownReads, Read
from commonmode.store.sandbox import IN_STEPS, Node, check_parsed, check_text, tables_of

Parameters = Mapping[str, object] | Sequence[object] | None
"""Values for ``$name`` by name, or for ``?`` and ``$1`` in order."""

ROWS_PER_BATCH = 16_384

_AST = """
    SELECT json_serialize_sql($sql::VARCHAR, skip_null := true, skip_empty := true,
        skip_default := true)
"""
_GAP = r"(?:\s|--[^\n]*+\n|/\*(?:[^*]|\*(?!/))*+\*/)*+"
_EXPLAIN = re.compile(
    rf"""
    {_GAP}EXPLAIN
    (?:{_GAP}(?P<analyze>ANALYZE\b))?
    (?:{_GAP}\({_GAP}(?P<format>FORMAT\s+\w+)\s*\))?
    (?=[\s(/-])(?P<rest>.*)
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_NARROWER = "narrow the query, or take fewer columns"
_NAMEABLE = 2_000
"""Most characters to name a statement by: the parser that does it lets no other thread work."""


_known = KnownReads()


def single_read(connection: duckdb.DuckDBPyConnection, sql: str) -> Read:
    """Return the one statement of `sql`, provided that it can only read.

    Raises
    ------
    QueryRefusedError
        When there is not exactly one statement, it is neither SELECT nor EXPLAIN, or it reaches
        outside the store.
    QueryError
        When it does not parse.
    """
    if (known := _known.get(sql)) is not None:
        return known
    read = _checked(connection, sql)
    _known.add(sql, read)
    return read


def _checked(connection: duckdb.DuckDBPyConnection, sql: str) -> Read:
    check_text(sql)
    explain = _EXPLAIN.fullmatch(sql)
    body = sql if explain is None else explain["rest"]
    statements = _parsed(connection, body)
    if len(statements) != 1:
        msg = f"needed exactly one statement; found {len(statements)}."
        raise QueryRefusedError(msg, "send them one by one")
    parameters = check_parsed(statements[0])
    query = sql if explain is None else _explained(explain)
    return Read(query, parameters, explain is not None, tables_of(statements[0]))


def _explained(explain: re.Match[str]) -> str:
    """Say it in our words: what was checked is what runs, whatever stood before it."""
    options = f"({explain['format']})" if explain["format"] else ""
    return f"EXPLAIN {explain['analyze'] or ''} {options} {explain['rest']}"


def _parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Node]:
    """Parse SELECTs where others can work meanwhile: inside DuckDB, which a timer can stop."""
    try:
        ((text,),) = connection.execute(_AST, {"sql": sql}).fetchall()
        told = msgspec.json.decode(text)
    except duckdb.Error as error:
        raise in_our_words(error) from error
    except RecursionError as error:
        msg = "the statement is nested too deeply."
        raise QueryRefusedError(msg, IN_STEPS) from error
    if told["error"]:
        raise _no_read(connection, sql, told["error_message"])
    statements: list[Node] = told.get("statements", [])
    return statements


def _no_read(connection: duckdb.DuckDBPyConnection, sql: str, said: str) -> StoreError:
    """Tell why a text is no SELECT: it does not parse, or it does something else."""
    found = "something else"
    if len(sql) <= _NAMEABLE:
        try:
            statements = duckdb.extract_statements(sql, connection=connection)
        except duckdb.Error as error:
            return in_our_words(error)
        if len(statements) > 1:
            msg = f"needed exactly one statement; found {len(statements)}."
            return QueryRefusedError(msg, "send them one by one")
        # A kind of statement that its Python package does not know yet has no name.
        with suppress(ValueError, IndexError):
            found = statements[0].type.name
    elif not said.startswith("Only SELECT"):
        return _of_parser(said)
    msg = f"only SELECT and EXPLAIN can be run here; found {found}."
    if found == "MULTI":
        return QueryRefusedError(msg, "PIVOT needs its values written out: ON x IN ('a', 'b')")
    return QueryRefusedError(msg, "the store is read-only; `commonmode snapshot` makes a copy")


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
    return _refused(error, text) or _failed(error, text)


def _refused(error: Exception, text: str) -> QueryError | None:
    if isinstance(error, duckdb.PermissionException) or "disabled by configuration" in text:
        return QueryRefusedError(text, "a query reads the store only, no files and no network")
    if isinstance(error, duckdb.ParserException) or "expression depth" in text:
        return _of_parser(text)
    return None


def _failed(error: Exception, text: str) -> QueryError:
    if "maximum execution time" in text:
        hint = "narrow the query, e.g. by time, or ask the owner for more time"
        return QueryTooLargeError(text, hint)
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in text:
        # What DuckDB proposes next is to change settings, which a query cannot.
        return QueryTooLargeError(text.partition("\n\n")[0], _NARROWER)
    if "transaction is aborted" in text:
        # A thread of the query failed first, and its own words are lost: see `Writer._stored`.
        msg = f"the query was broken off, most likely for lack of memory: {text}."
        return QueryTooLargeError(msg, _NARROWER)
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return QueryError(text, "`SHOW TABLES` lists tables and views, `DESCRIBE events` columns")
    return QueryError(text)


def _of_parser(text: str) -> QueryError:
    if "expression depth" in text:
        # What DuckDB proposes next is to change a setting, which a query cannot.
        return QueryRefusedError(text.partition(" Use ")[0], IN_STEPS)
    return QueryError(text, 'keywords used as names need quotes: "at", "offset", "table"')
