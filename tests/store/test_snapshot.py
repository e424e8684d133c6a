"""A copy for other tools, and a hash that tells whether two stores say the same."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.store.samples import action, actions, batch, finding, new_folder, refused

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


def test_the_duckdb_command_line_opens_a_snapshot(reader_of: Holding, tmp_path: Path) -> None:
    program = shutil.which("duckdb", path=Path(sys.executable).parent)
    assert program is not None, "duckdb-cli is in the test group"
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
    command = [program, "-readonly", "-csv", "-noheader", str(copy), query]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed.strip() == r"30,a overstepped,2,\xFF\x00,5,31,true"


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
