"""What storing safely costs beside a bare insert, and what reading meets while it goes on."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from tests.store.samples import NOON, action, with_empty_store

from commonmode.events import EVENT_SCHEMA, to_table
from commonmode.store import (
    Batch,
    FlightAppender,
    FlightServer,
    Writer,
    connect,
    find_owner,
    open_writer,
    run_dir,
)

pytestmark = [pytest.mark.benchmark, pytest.mark.slow]

ROWS, BATCHES = 10_000, 30
QUERY = 'SELECT action, count(*) AS n FROM action_taken WHERE "at" > $since GROUP BY ALL'


def batches() -> list[pa.Table]:
    """Distinct events, laid out before the clock starts."""
    like = [
        action(
            n,
            agent=f"agent-{n % 997}",
            model="m-1",
            family="m",
            action="buy",
            price=n / 7,
            resource=f"market/{n % 50}",
            context=f"c-{n % 300}",
            outcome="ok",
            args={"lot": n},
        )
        for n in range(ROWS)
    ]
    table = to_table(like)
    made = []
    for number in range(BATCHES):
        first = number * ROWS
        ids = [f"019b{first + n:012x}-7000-{n * 2654435761 % 2**32:08x}" for n in range(ROWS)]
        shifted = table["at"].to_numpy() + np.timedelta64(first, "s")
        times = pa.array(shifted, EVENT_SCHEMA.field("at").type)
        columns = {"id": pa.array(ids), "at": times}
        made.append(pa.table([columns.get(n, table[n]) for n in EVENT_SCHEMA.names], EVENT_SCHEMA))
    return made


def bare_insert(folder: Path, tables: list[pa.Table]) -> float:
    """Rows per second of inserting the same rows with commits, and nothing else."""
    with duckdb.connect(str(folder / "bare.duckdb")) as connection:
        connection.execute("SET checkpoint_threshold = '128MB'")
        connection.register("arriving", tables[0])
        connection.execute("CREATE TABLE events AS FROM arriving LIMIT 0")
        return rate(tables, lambda table: _insert(connection, table))


def _insert(connection: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
    connection.register("arriving", table)
    connection.execute("INSERT INTO events FROM arriving").fetchall()


def rate(tables: list[pa.Table], store: Callable[[pa.Table], object]) -> float:
    start = time.perf_counter()
    for table in tables:
        store(table)
    rows: int = sum(table.num_rows for table in tables)
    return rows / (time.perf_counter() - start)


def test_storing_exactly_once_keeps_a_good_part_of_a_bare_insert(tmp_path: Path) -> None:
    tables = batches()
    bare = bare_insert(tmp_path, tables)
    with Writer(with_empty_store(tmp_path)) as writer:
        direct = rate(tables, lambda table: writer.append(Batch(table)))
        again = rate(tables, lambda table: writer.append(Batch(table)))
    (tmp_path / "served").mkdir()
    with (
        Writer(with_empty_store(tmp_path / "served")) as owner,
        FlightServer(owner),
        open_writer(tmp_path / "served") as appender,
    ):
        assert isinstance(appender, FlightAppender)
        flight = rate(tables, lambda table: appender.append(Batch(table)))

    ratios = {"direct": direct, "over Flight": flight, "all duplicates": again}
    told = {name: round(speed / bare, 2) for name, speed in ratios.items()}
    print(f"\nbare insert {bare:,.0f} rows/s; beside it {told}")  # noqa: T201  a benchmark's figures
    assert told["direct"] > 0.3


def test_queries_answer_while_rows_are_appended(tmp_path: Path) -> None:
    stop, appended = threading.Event(), [0]
    with Writer(with_empty_store(tmp_path)) as writer, FlightServer(writer):
        for table in batches():
            writer.append(Batch(table))
        feeder = threading.Thread(target=feed, args=(writer, stop, appended))
        feeder.start()
        assert find_owner(run_dir(tmp_path)) is not None
        with connect(tmp_path) as store:
            seconds = [ask(store.query) for _ in range(60)]
        stop.set()
        feeder.join()

    cuts = quantiles([1000 * each for each in seconds], n=20)
    told = {"p50_ms": round(cuts[9], 1), "p95_ms": round(cuts[18], 1), "appended": appended[0]}
    print(f"\n{told}")  # noqa: T201  a benchmark's figures
    assert appended[0] > 0


def feed(writer: Writer, stop: threading.Event, appended: list[int]) -> None:
    table = batches()[0]
    while not stop.is_set():
        ids = pa.array([f"more-{appended[0] + n}" for n in range(ROWS)])
        writer.append(Batch(table.set_column(0, EVENT_SCHEMA.field("id"), ids)))
        appended[0] += ROWS


def ask(query: Callable[..., object]) -> float:
    start = time.perf_counter()
    query(QUERY, {"since": NOON + timedelta(seconds=ROWS * (BATCHES - 2))})
    return time.perf_counter() - start
