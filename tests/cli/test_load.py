"""`commonmode load`: files into the store, nothing lost, everything counted."""

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from tests.store.samples import actions

from commonmode.cli import sql
from commonmode.cli.load import command
from commonmode.events import DIGESTS, encode
from commonmode.formats import UnknownFormatError
from commonmode.store import Appended, Batch, FlightServer, Writer, connect

LINES = [encode(event).decode() for event in actions(5)]


def load(folder: Path, *arguments: str | Path, stdin: str | None = None) -> Result:
    words = [*map(str, arguments), "--data", str(folder / "data"), "--json"]
    return CliRunner().invoke(command, words, input=stdin, standalone_mode=False)


def told(result: Result) -> dict[str, int]:
    assert result.exception is None, result.exception
    summary: dict[str, int] = json.loads(result.stdout)
    return summary


def test_a_file_is_stored_and_its_places_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(LINES))

    result = load(tmp_path, log)

    assert told(result) == {"read": 5, "stored": 5, "duplicates": 0, "rejected": 0}
    assert result.return_value == 0
    with connect(tmp_path / "data") as store:
        places = store.query("SELECT DISTINCT topic FROM ingest_counts").to_series().to_list()
    assert len(places) == 1


def test_what_cannot_be_read_is_kept_counted_and_told_by_exit_code_3(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join([LINES[0], "{broken", LINES[1]]))

    result = load(tmp_path, log)

    assert told(result) == {"read": 3, "stored": 2, "duplicates": 0, "rejected": 1}
    assert result.return_value == 3
    assert "1 rejected" in result.stderr
    # A long path is folded, within a word if need be.
    assert f"Thefirst,{log}:2:" in "".join(result.stderr.split())
    with connect(tmp_path / "data") as store:
        row = store.query("FROM rejected").row(0, named=True)
    assert (row["topic"], row["offset"], row["payload"]) == (str(log), 2, b"{broken")


def test_the_same_file_again_stores_nothing_new(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl.gz"
    log.write_bytes(gzip.compress("\n".join(LINES).encode()))
    load(tmp_path, log)

    assert told(load(tmp_path, log)) == {"read": 5, "stored": 0, "duplicates": 5, "rejected": 0}


def test_after_an_interrupt_it_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_store: Writer, _batch: Batch) -> Appended:
        signal.raise_signal(signal.SIGINT)
        return Appended(stored=5)

    monkeypatch.setattr(Writer, "append", interrupted)
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(LINES))
    result = load(tmp_path, log)

    assert (result.return_value, told(result)["stored"]) == (130, 5)
    assert "Load the same again to go on" in result.stderr


def test_it_works_beside_an_owner(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(LINES))
    with Writer(tmp_path / "data") as writer, FlightServer(writer):
        assert told(load(tmp_path, log))["stored"] == 5
        assert writer.cursor().execute("SELECT count(*) FROM events").fetchall() == [(5,)]


def exported(folder: Path) -> Path:
    """Load lines into a store and take them out as Parquet."""
    log, out = folder / "log.jsonl", folder / "events.parquet"
    log.write_text("\n".join(LINES))
    load(folder, log)
    words = ["FROM events", "--format", "parquet", "--data", str(folder / "data")]
    out.write_bytes(CliRunner().invoke(sql.command, words).stdout_bytes)
    return out


def stored(folder: Path) -> list[tuple[object, ...]]:
    added = ", ".join(("topic", "partition", '"offset"', "seq", "ingested_at", *DIGESTS))
    with connect(folder / "data") as store:
        return store.query(f"SELECT * EXCLUDE ({added}) FROM events ORDER BY id").rows()


def test_events_taken_out_as_parquet_load_as_the_same_events(tmp_path: Path) -> None:
    out = exported(tmp_path)

    assert told(load(tmp_path / "other", out))["stored"] == 5
    assert stored(tmp_path / "other") == stored(tmp_path)
    assert told(load(tmp_path, out))["duplicates"] == 5


def test_parquet_is_read_from_standard_input_and_compressed_too(tmp_path: Path) -> None:
    content = exported(tmp_path).read_bytes()
    packed = tmp_path / "events.gz"
    packed.write_bytes(gzip.compress(content))
    through = subprocess.run(
        [
            sys.executable,
            "-m",
            "commonmode.cli.main",
            "load",
            "-",
            "--data",
            tmp_path / "a",
            "--json",
        ],
        input=content,
        stdout=subprocess.PIPE,
        check=True,
    )

    assert json.loads(through.stdout)["stored"] == 5
    assert told(load(tmp_path / "b", packed))["stored"] == 5


def test_a_parquet_file_that_was_cut_is_one_rejected_record(tmp_path: Path) -> None:
    whole, cut = exported(tmp_path), tmp_path / "cut.parquet"
    cut.write_bytes(whole.read_bytes()[:-50])

    result = load(tmp_path / "other", cut, whole)

    assert told(result) == {"read": 6, "stored": 5, "duplicates": 0, "rejected": 1}
    with connect(tmp_path / "other" / "data") as store:
        row = store.query("FROM rejected").row(0, named=True)
    assert (row["topic"], row["offset"]) == (str(cut), 0)
    assert "damaged" in row["reason"]


def test_a_parquet_file_of_other_things_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    pl.DataFrame({"id": [1], "at": [2]}).write_parquet(other)

    with pytest.raises(
        UnknownFormatError, match=r"other\.parquet: needed the columns.*kind, agent"
    ):
        CliRunner().invoke(command, [str(other), "--data", str(tmp_path)], catch_exceptions=False)
