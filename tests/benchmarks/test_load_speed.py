"""How fast logs on disk are loaded, as a ratio to DuckDB's own reading of the same file."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.benchmarks.test_sink_throughput import economy, seconds, tell

from commonmode.events import encode, to_table
from commonmode.formats.sheet import ROWS
from commonmode.store import Batch, Writer

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

EVENTS = int(os.environ.get("COMMONMODE_BENCHMARK_EVENTS", "1000000"))
PART = min(EVENTS, 100_000)
ID = b"01890a5d-ac96-774b-bcce-b302"
"""What every id of the economy begins with."""


def parts() -> Iterator[bytes]:
    """Make lines, the same again and again but for their ids."""
    part = b"".join(encode(event) + b"\n" for event in economy(PART))
    for number in range(EVENTS // PART):
        yield part.replace(ID, b"%b%08x" % (ID[:-8], number))


class Taken(NamedTuple):
    """What some work took: by the clock, and of all cores, which others' work changes less."""

    seconds: float
    cpu: float


def taken(work: Callable[[], object]) -> Taken:
    before = _cpu()
    return Taken(seconds(work), _cpu() - before)


def _cpu() -> float:
    """Return the seconds of CPU that this process and all it waited for have had."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def read_by_duckdb(log: Path, store: Path) -> None:
    with duckdb.connect(store) as database:
        database.execute(
            "CREATE TABLE events AS FROM read_json($log, format = 'newline_delimited')",
            {"log": str(log)},
        )
        assert database.execute("SELECT count(*) FROM events").fetchall() == [(EVENTS,)]


def loaded(log: Path, folder: Path) -> None:
    verb = [sys.executable, "-m", "commonmode.cli.main", "load"]
    command = [*verb, str(log), "--data", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(done.stdout)["stored"] == EVENTS


def test_load_against_duckdbs_read_json(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    log = tmp_path / "log.jsonl"
    with log.open("wb") as file:
        file.writelines(parts())

    reference = taken(partial(read_by_duckdb, log, tmp_path / "reference.duckdb"))
    ours = taken(partial(loaded, log, tmp_path / "lines"))

    figures = {
        "load of NDJSON, events/s": EVENTS / ours.seconds,
        "DuckDB read_json of the same file, events/s": EVENTS / reference.seconds,
        "ratio load : read_json": reference.seconds / ours.seconds,
        "load of NDJSON, us of CPU an event": ours.cpu / EVENTS * 1e6,
        "DuckDB read_json, us of CPU an event": reference.cpu / EVENTS * 1e6,
        "ratio of CPU load : read_json": reference.cpu / ours.cpu,
        "bytes per event in the file": log.stat().st_size / EVENTS,
    }
    tell(figures, record_property)


@pytest.mark.parametrize("rows", [10_000, 20_000, 60_000, ROWS])
def test_rows_stored_at_once(
    tmp_path: Path, record_property: Callable[[str, object], None], rows: int
) -> None:
    count = min(EVENTS, 2 * ROWS)
    table = to_table(list(economy(count)))

    def stored() -> None:
        with Writer(tmp_path / "store") as store:
            for start in range(0, count, rows):
                store.append(Batch(table.slice(start, rows)))

    ours = taken(stored)

    figures = {
        f"{rows:,} at once, events/s": count / ours.seconds,
        f"{rows:,} at once, us of CPU an event": ours.cpu / count * 1e6,
    }
    tell(figures, record_property)


def test_load_of_parquet(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    file = tmp_path / "log.parquet"
    as_parquet(file)

    ours = taken(partial(loaded, file, tmp_path / "store"))

    figures = {
        "load of Parquet, events/s": EVENTS / ours.seconds,
        "load of Parquet, us of CPU an event": ours.cpu / EVENTS * 1e6,
        "bytes per event in Parquet": file.stat().st_size / EVENTS,
    }
    tell(figures, record_property)


def as_parquet(file: Path) -> None:
    table = to_table(list(economy(PART)))
    column = table.schema.get_field_index("id")
    with pq.ParquetWriter(file, table.schema) as writer:
        for number in range(EVENTS // PART):
            ids = [f"{number:08x}{text[8:]}" for text in table["id"].to_pylist()]
            writer.write_table(table.set_column(column, "id", pa.array(ids)))
