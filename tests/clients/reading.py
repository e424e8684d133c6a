"""A client that reads many rows: ``python -m tests.clients.reading CLIENT URI ROWS``.

It prints how many rows came, and by how many MB its memory grew after the first batch.
The token comes in ``TOKEN``.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterator
from itertools import islice

import adbc_driver_flightsql.dbapi as flight_sql
import polars as pl
from tests.clients.conftest import adbc_client


def adbc(connection: flight_sql.Connection, query: str) -> Iterator[int]:
    """Read record batches."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        yield from (batch.num_rows for batch in cursor.fetch_record_batch())


def polars(connection: flight_sql.Connection, query: str) -> Iterator[int]:
    """Read frames."""
    frames = pl.read_database(query, connection, iter_batches=True, batch_size=50_000)
    yield from (frame.height for frame in frames)


def pandas(connection: flight_sql.Connection, query: str) -> Iterator[int]:
    """Read frames, a batch each: `pandas.read_sql` takes no `chunksize` with ADBC."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        yield from (len(batch.to_pandas()) for batch in cursor.fetch_record_batch())


CLIENTS: dict[str, Callable[[flight_sql.Connection, str], Iterator[int]]] = {
    "adbc": adbc,
    "polars": polars,
    "pandas": pandas,
}


def query(rows: int) -> str:
    """Rows of about 220 bytes each."""
    return f"SELECT i, repeat('x', 200) || i AS text, i / 7 AS x FROM range({rows}) AS t(i)"


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    client, uri, rows = sys.argv[1:]
    with adbc_client(uri, os.environ["TOKEN"]) as connection:
        counts = CLIENTS[client](connection, query(int(rows)))
        first = sum(islice(counts, 5))
        before = peak_mb()
        sys.stdout.write(f"{first + sum(counts)} {peak_mb() - before:.0f}\n")
