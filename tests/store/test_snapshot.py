"""A copy for other tools, and a hash that tells whether two stores say the same."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.store.samples import action, actions, batch, finding, new_folder, refused
from tests.strategies import any_wire_fields

from commonmode.events import KINDS, Event, decode
from commonmode.store import (
    Offset,
    Reader,
    StoreError,
    Writer,
    connect,
    content_hash,
    snapshot,
)

Holding = Callable[..., Reader]

any_event = any_wire_fields.map(msgspec.json.encode).map(decode)
NAMES = """
    SELECT view_name AS name FROM duckdb_views() WHERE NOT internal
    UNION ALL SELECT table_name FROM duckdb_tables() WHERE NOT internal
"""


def duckdb_1_5(copy: Path, script: str) -> str:
    """What the command line of DuckDB 1.5 prints."""
    program = shutil.which("duckdb", path=Path(sys.executable).parent)
    assert program is not None, "duckdb-cli is in the test group"
    command = [program, "-readonly", "-bail", "-csv", "-noheader", str(copy), script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_duckdb_command_line_opens_a_snapshot(reader_of: Holding, tmp_path: Path) -> None:
    store = reader_of(batch([*actions(30), finding()], [refused()], offsets=[Offset("t", 0, 5)]))
    copy = tmp_path / "copy.duckdb"

    events, told = snapshot(store, copy)

    assert (events, told) == (30, content_hash(store))
    query = """
        SELECT (SELECT count(*) FROM action_taken), (SELECT claim FROM findings),
            (SELECT count(*) FROM evidence), (SELECT payload FROM rejected),
            (SELECT next_offset FROM offsets), (SELECT sum(stored) FROM ingest_counts),
            (SELECT max("at") FROM events) >= '2026-01-01'
    """
    assert duckdb_1_5(copy, query).strip() == r"30,a overstepped,2,\xFF\x00,5,31,true"


@settings(max_examples=3, phases=[Phase.generate])
@given(st.lists(any_event, min_size=20, max_size=60, unique_by=lambda event: event.id))
def test_every_table_and_view_says_in_duckdb_1_5_what_it_says_here(events: list[Event]) -> None:
    with new_folder() as folder:
        with Writer(folder) as writer:
            writer.append(batch([*events, finding(), finding(1)], [refused()]))
        with connect(folder) as store:
            snapshot(store, folder / "copy.duckdb")
            names = store.query(NAMES)["name"].to_list()
        with connect(folder / "copy.duckdb") as copy:
            here = {name: copy.query(f"FROM {name}") for name in names}
        exports = [f"COPY (FROM {name}) TO '{folder / name}.parquet';" for name in names]
        duckdb_1_5(folder / "copy.duckdb", "".join(exports))

        assert len(here) > len(KINDS)
        for name, rows in here.items():
            there = pl.read_parquet(folder / f"{name}.parquet")
            assert_frame_equal(there.cast(rows.schema), rows, check_row_order=False)


def test_the_json_of_a_snapshot_can_be_asked_in_duckdb_1_5(tmp_path: Path) -> None:
    asked = {"args": {"lot": [1, {"to": "x"}]}, "extra": {"own": "kept"}}
    with Writer(tmp_path) as writer:
        writer.append(batch([action(0, **asked), finding()]))
    with connect(tmp_path) as store:
        snapshot(store, tmp_path / "copy.duckdb")

    query = """
        SELECT args -> '$.lot[1]' ->> 'to', extra ->> '$.own', measures ->> '$.breaches',
            parameters -> 'seed', as_of ->> '$."commonmode.events[0]"'
        FROM action_taken, findings
    """
    assert duckdb_1_5(tmp_path / "copy.duckdb", query).strip() == "x,kept,3.0,0,7"


def test_a_snapshot_is_a_store_too(reader_of: Holding, tmp_path: Path) -> None:
    store = reader_of(batch(actions(5)))
    snapshot(store, tmp_path / "copy.duckdb")

    with connect(tmp_path / "copy.duckdb") as copy:
        assert copy.query("FROM events").equals(store.query("FROM events"))


def test_a_file_that_is_there_is_replaced_only_when_asked(
    reader_of: Holding, tmp_path: Path
) -> None:
    store = reader_of(batch(actions(1)))
    path = tmp_path / "copy.duckdb"
    path.write_text("mine")

    with pytest.raises(StoreError, match=r"a file .* already"):
        snapshot(store, path)
    assert path.read_text() == "mine"
    assert snapshot(store, path, replace=True)[0] == 1
    assert not (tmp_path / "copy.duckdb.unfinished").exists()


def test_a_place_that_cannot_be_written_is_an_error_in_our_words(
    reader_of: Holding, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        snapshot(reader_of(), tmp_path / "nowhere" / "copy.duckdb")


@pytest.mark.parametrize(
    "other",
    [
        {"agent": "b"},
        {"id": "another"},
        {"args": {"x": 2}},
        {"args": None},
        {"price": 1.0000000000000002},
        {"action": ""},
        {"extra": {"y": 1}},
    ],
)
def test_the_content_hash_sees_every_change_of_meaning(other: dict[str, object]) -> None:
    one = {"args": {"x": 1}, "price": 1.0}

    assert hash_of(**one) == hash_of(**one)
    assert hash_of(**one) != hash_of(**{**one, **other})


def hash_of(**fields: object) -> str:
    with new_folder() as folder:
        with Writer(folder) as writer:
            writer.append(batch([action(0, **fields)]))
        with connect(folder) as store:
            return content_hash(store)
