"""One id, one row: events whose id is stored already are dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonmode.store.known_ids import Hashes, KnownIds

Table = Literal["events", "finding_events"]

_ALL = "SELECT hash(id) AS hash FROM {table}"
_HASHES = "SELECT batch_row, hash(id) AS hash FROM arriving"
_FIRSTS = """
    SELECT min(batch_row) AS batch_row, hash(id) AS hash FROM arriving GROUP BY id
"""
_STORED = "SELECT id FROM suspects SEMI JOIN (SELECT id FROM {table} {bound}) AS stored USING (id)"
# A row sent again has the same time too, as a rule: then only the row groups of the batch's
# time span are read, and not every id ever stored.
_BOUND = """
    WHERE "at" BETWEEN (SELECT min("at") FROM suspects) AND (SELECT max("at") FROM suspects)
"""


class Identities:
    """Tells new events from known ones, in one table.

    Parameters
    ----------
    connection : DuckDBPyConnection
        The writer's.
    table : str
        The table whose ids count.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        self._connection = connection
        self._table = table
        self._known = KnownIds()
        stored = connection.execute(_ALL.format(table=table)).fetchnumpy()["hash"]
        self._known.add(np.asarray(stored, np.uint64))

    def new(self, events: pa.Table) -> pa.Table:
        """Return the rows whose id is neither stored nor earlier in the batch, in their order.

        They are known from now on, stored or not: whether a commit that failed took effect, only
        the table can tell.
        """
        if not events.num_rows:
            return events
        rows, hashes = self._firsts(events)
        suspect = self._known.have(hashes)
        self._known.add(hashes[~suspect])
        if suspect.any():
            rows = rows[~self._stored(events, rows, suspect)]
        return events if len(rows) == events.num_rows else events.take(pa.array(rows))

    def _firsts(self, events: pa.Table) -> tuple[NDArray[np.int64], Hashes]:
        """Return the first row of each id, and its hash."""
        numbered = events.select(["id"]).append_column("batch_row", numbers(events))
        with registered(self._connection, "arriving", numbered):
            each = self._asked(_HASHES)
            # As a rule no two hashes are equal, and then no ids are.
            firsts = each if _all_differ(each[1]) else self._asked(_FIRSTS)
        rows, hashes = firsts
        order = np.argsort(rows)
        return rows[order], hashes[order]

    def _asked(self, query: str) -> tuple[NDArray[np.int64], Hashes]:
        told = self._connection.execute(query).fetchnumpy()
        return np.asarray(told["batch_row"], np.int64), np.asarray(told["hash"], np.uint64)

    def _stored(
        self, events: pa.Table, rows: NDArray[np.int64], suspect: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        suspects = events.select(["id", "at"]).take(pa.array(rows[suspect]))
        stored = self._among(suspects, _BOUND)
        if len(stored) < suspects.num_rows:
            stored |= self._among(suspects, "")
        found = np.zeros(len(rows), np.bool_)
        found[suspect] = [name in stored for name in suspects["id"].to_pylist()]
        return found

    def _among(self, suspects: pa.Table, bound: str) -> set[str]:
        query = _STORED.format(table=self._table, bound=bound)
        with registered(self._connection, "suspects", suspects):
            return {name for (name,) in self._connection.execute(query).fetchall()}


def _all_differ(hashes: Hashes) -> bool:
    return len(np.unique(hashes)) == len(hashes)


def numbers(rows: pa.Table, first: int = 0) -> pa.Array:
    """Return the numbers of a table's rows, counted from `first`."""
    return pa.array(np.arange(first, first + rows.num_rows, dtype=np.int64))


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> Iterator[None]:
    """Let queries of a connection see an Arrow table under a name."""
    connection.register(name, rows)
    try:
        yield
    finally:
        # An error has aborted the transaction, and the name ends with it.
        with suppress(duckdb.TransactionException):
            connection.unregister(name)
