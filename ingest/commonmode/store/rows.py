"""Rows of a batch → rows of a table, numbered and stamped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import duckdb
import polars as pl
import pyarrow as pa

from commonmode.events import (
    DIGESTS,
    EVENT_SCHEMA,
    FindingRaised,
    FindingRevised,
    Rejected,
    kind_of,
)
from commonmode.store.identity import numbers, registered

Target = Literal["events", "finding_events", "rejected"]

_REJECTED = pa.schema(
    [
        pa.field("topic", pa.string()),
        pa.field("partition", pa.int32()),
        pa.field("offset", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("hint", pa.string()),
        pa.field("payload", pa.binary()),
        pa.field("retried_at", pa.timestamp("us", "UTC")),
    ]
)

_FINDINGS = frozenset({kind_of(FindingRaised), kind_of(FindingRevised)})

_NEW_REJECTED = """
    SELECT min(batch_row) AS batch_row FROM arriving
    WHERE NOT EXISTS (
        SELECT 1 FROM rejected AS r WHERE r.topic = arriving.topic
        AND r.partition IS NOT DISTINCT FROM arriving.partition
        AND r."offset" = arriving."offset" AND r.payload = arriving.payload
    )
    GROUP BY topic, partition, "offset", payload ORDER BY batch_row
"""


def split_findings(events: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Part a batch into what agents did and what was found about them."""
    if _FINDINGS.isdisjoint(events["kind"].unique().to_pylist()):
        return events, EVENT_SCHEMA.empty_table()
    found = pl.Series(events["kind"].cast(pa.large_string())).is_in(_FINDINGS)
    return events.filter((~found).to_arrow()), events.filter(found.to_arrow())


def new_rejected(connection: duckdb.DuckDBPyConnection, rejected: Sequence[Rejected]) -> pa.Table:
    """Return the refused records that are not stored yet, in their order."""
    rows = pa.Table.from_pylist(list(map(_rejected_row, rejected)), schema=_REJECTED)
    if not rejected:
        return rows
    with registered(connection, "arriving", rows.append_column("batch_row", numbers(rows))):
        kept = connection.execute(_NEW_REJECTED).fetchnumpy()["batch_row"]
    return rows.take(pa.array(kept))


def _rejected_row(rejected: Rejected) -> dict[str, object]:
    place = rejected.position
    return {
        "topic": place.source,
        "partition": place.partition,
        "offset": place.offset,
        "reason": rejected.reason,
        "hint": rejected.hint,
        "payload": rejected.payload,
    }


class Inserter:
    """Stores rows in one table, numbered on from the last one.

    Parameters
    ----------
    connection : DuckDBPyConnection
        The writer's.
    table : str
        Where to.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Target) -> None:
        self._connection = connection
        self._table = table
        self._stamp = "rejected_at" if table == "rejected" else "ingested_at"
        columns: list[str] = connection.table(table).columns
        self._columns = [name for name in columns if name not in DIGESTS]
        digests = [f"{of} AS {name}" for name, of in DIGESTS.items() if name in columns]
        row = ", ".join(["*", *digests])
        self._insert = f"INSERT INTO {table} BY NAME SELECT {row} FROM arriving"  # noqa: S608  our own names
        self._last: int | None = None

    def insert(self, rows: pa.Table, now: datetime) -> None:
        """Store rows, stamped `now`."""
        if not rows.num_rows:
            return
        last = self._last_seq() if self._last is None else self._last
        seqs = numbers(rows, first=last + 1)
        stamps = pa.repeat(pa.scalar(now, pa.timestamp("us", "UTC")), rows.num_rows)
        whole = rows.append_column("seq", seqs).append_column(self._stamp, stamps)
        with registered(self._connection, "arriving", whole.select(self._columns)):
            self._connection.execute(self._insert)
        self._last = last + rows.num_rows

    def recount(self) -> None:
        """Ask the table for the last number again: whether rows are in it is not known."""
        self._last = None

    def _last_seq(self) -> int:
        query = f"SELECT coalesce(max(seq), 0) FROM {self._table}"  # noqa: S608  our own name
        ((last,),) = self._connection.execute(query).fetchall()
        return int(last)


def by_topic(rows: pa.Table) -> Counter[str]:
    """Count rows by the topic or file they came from."""
    counted = rows["topic"].value_counts().to_pylist()
    return Counter({pair["values"] or "": pair["counts"] for pair in counted})


def conforming(events: pa.Table) -> pa.Table:
    """Return a table in the columns and types of `EVENT_SCHEMA`.

    Raises
    ------
    pyarrow.ArrowInvalid, KeyError
        When a column is missing or does not cast.
    """
    if events.schema.equals(EVENT_SCHEMA):
        return events
    return events.select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA)
