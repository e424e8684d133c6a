"""Rows of a batch → rows of a table: known ones dropped, the rest numbered and stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

import duckdb
import polars as pl
import pyarrow as pa

from commonmode.events import EVENT_SCHEMA, FindingRaised, FindingRevised, Rejected, kind_of

Target = Literal["events", "finding_events", "rejected"]

_REJECTED = pa.schema(
    [
        pa.field("topic", pa.string()),
        pa.field("partition", pa.int32()),
        pa.field("offset", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("hint", pa.string()),
        pa.field("payload", pa.binary()),
    ]
)

# A row sent again has the same id *and* the same time, so only the row groups of the batch's
# time span are read; without the bound every batch would read every id ever stored.
_NEW_EVENTS = """
    SELECT min(batch_row) AS batch_row FROM arriving
    ANTI JOIN (
        SELECT id FROM {table} WHERE "at" BETWEEN
        (SELECT min("at") FROM arriving) AND (SELECT max("at") FROM arriving)
    ) AS stored USING (id)
    GROUP BY id ORDER BY batch_row
"""

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
    kinds = pl.Series(events["kind"].cast(pa.large_string()))
    found = kinds.is_in([kind_of(FindingRaised), kind_of(FindingRevised)])
    if not found.any():
        return events, EVENT_SCHEMA.empty_table()
    return events.filter((~found).to_arrow()), events.filter(found.to_arrow())


def new_events(connection: duckdb.DuckDBPyConnection, table: Target, events: pa.Table) -> pa.Table:
    """Return the rows whose id is neither stored nor earlier in the batch, in their order."""
    if not events.num_rows:
        return events
    return _kept(connection, events, _NEW_EVENTS.format(table=table))


def new_rejected(connection: duckdb.DuckDBPyConnection, rejected: Sequence[Rejected]) -> pa.Table:
    """Return the refused records that are not stored yet, in their order."""
    rows = pa.Table.from_pylist(list(map(_rejected_row, rejected)), schema=_REJECTED)
    return _kept(connection, rows, _NEW_REJECTED) if rejected else rows


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


def _kept(connection: duckdb.DuckDBPyConnection, rows: pa.Table, query: str) -> pa.Table:
    numbered = rows.append_column("batch_row", pa.array(range(rows.num_rows), pa.int64()))
    with _registered(connection, "arriving", numbered):
        kept = connection.execute(query).fetchnumpy()["batch_row"]
    return rows if len(kept) == rows.num_rows else rows.take(pa.array(kept))


def insert(
    connection: duckdb.DuckDBPyConnection,
    table: Target,
    rows: pa.Table,
    *,
    now: datetime,
) -> None:
    """Store rows, numbered on from the last one, stamped `now`."""
    if not rows.num_rows:
        return
    first_seq = _last_seq(connection, table) + 1
    seqs = pa.array(range(first_seq, first_seq + rows.num_rows), pa.int64())
    stamps = pa.repeat(pa.scalar(now, pa.timestamp("us", "UTC")), rows.num_rows)
    stamp = "rejected_at" if table == "rejected" else "ingested_at"
    wanted = _columns(connection, table)
    rows = rows.append_column("seq", seqs).append_column(stamp, stamps).select(wanted)
    with _registered(connection, "arriving", rows):
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM arriving")  # noqa: S608


def _last_seq(connection: duckdb.DuckDBPyConnection, table: Target) -> int:
    query = f"SELECT coalesce(max(seq), 0) FROM {table}"  # noqa: S608  a Target is our own name
    ((last,),) = connection.execute(query).fetchall()
    return int(last)


def _columns(connection: duckdb.DuckDBPyConnection, table: Target) -> list[str]:
    query = "SELECT column_name FROM duckdb_columns() WHERE table_name = $table"
    return [name for (name,) in connection.execute(query, {"table": table}).fetchall()]


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> Iterator[None]:
    connection.register(name, rows)
    try:
        yield
    finally:
        connection.unregister(name)


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
