"""`commonmode load`: files into the store, nothing lost, everything counted."""

import gzip
import json
from pathlib import Path

from click.testing import CliRunner, Result
from tests.store.samples import actions

from commonmode.cli.load import command
from commonmode.events import encode
from commonmode.store import FlightServer, Writer, connect

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
    with connect(tmp_path / "data") as store:
        row = store.query("FROM rejected").row(0, named=True)
    assert (row["topic"], row["offset"], row["payload"]) == (str(log), 2, b"{broken")


def test_the_same_file_again_stores_nothing_new(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl.gz"
    log.write_bytes(gzip.compress("\n".join(LINES).encode()))
    load(tmp_path, log)

    assert told(load(tmp_path, log)) == {"read": 5, "stored": 0, "duplicates": 5, "rejected": 0}


def test_it_works_beside_an_owner(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(LINES))
    with Writer(tmp_path / "data") as writer, FlightServer(writer):
        assert told(load(tmp_path, log))["stored"] == 5
        assert writer.cursor().execute("SELECT count(*) FROM events").fetchall() == [(5,)]
