"""`commonmode rejected`: what was refused, shown harmlessly; and read again after a fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commonmode.cli import load, rejected
from commonmode.store import FlightServer, Writer, connect

OPS = b'{"t":5,"who":"ops","did":"buy"}'
EVIL = b"\xff\x1b[2J\x1b]0;title\x07" + "\u202e".encode()
MAP = """
[[event]]
kind = "action_taken"
when = "did"
id = "digest(@)"
at = "t"
agent = "who"
action = "did"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = tmp_path / "ops.jsonl"
    log.write_bytes(b"\n".join([OPS, EVIL, OPS.replace(b"5", b"6")]))
    words = [str(log), "--source-format", "canonical", "--data", str(tmp_path / "data")]
    assert CliRunner().invoke(load.command, words, standalone_mode=False).return_value == 3
    (tmp_path / "ops.toml").write_text(MAP)
    return tmp_path


def run(folder: Path, *words: str | Path) -> Result:
    arguments = [*map(str, words), "--data", str(folder / "data")]
    done = CliRunner().invoke(rejected.command, arguments, standalone_mode=False)
    assert done.exception is None, done.exception
    return done


def test_a_rejected_record_is_listed_with_reason_place_and_first_bytes(folder: Path) -> None:
    first, evil, _ = map(json.loads, run(folder, "--bytes", "12").stdout.splitlines())

    assert first["position"] == f"{folder / 'ops.jsonl'}:1"
    assert "`kind` must be one of the known kinds" in first["reason"]
    assert "commonmode schema" in first["hint"]
    assert (first["first_bytes"], first["bytes"]) == ('{"t":5,"who"', len(OPS))
    assert evil["first_bytes"] == r"\xff\x1b[2J\x1b]0;tit"


def test_no_byte_of_a_record_reaches_the_terminal_as_a_command(folder: Path) -> None:
    table = run(folder, "--format", "table").stdout

    assert r"\xff\x1b[2J\x1b]0;title\x07\u202e" in table
    assert "\x1b" not in table
    assert "\u202e" not in table


def test_more_than_the_limit_is_told(folder: Path) -> None:
    done = run(folder, "--limit", "1")

    assert len(done.stdout.splitlines()) == 1
    assert "1 of 3" in done.stderr


@pytest.mark.parametrize("owned", [True, False], ids=["owner up", "owner down"])
def test_after_a_fix_records_become_events_once_and_the_rest_stays(
    folder: Path, *, owned: bool
) -> None:
    with Writer(folder / "data") as owner:
        if owned:
            with FlightServer(owner):
                fix(folder)
    if not owned:
        fix(folder)


def fix(folder: Path) -> None:
    options = ("--retry", "--json", "--map", folder / "ops.toml")
    first, again = run(folder, *options), run(folder, *options)

    assert json.loads(first.stdout) == {
        "retried": 2,
        "stored": 2,
        "duplicates": 0,
        "rejected": 1,
    }
    assert first.return_value == again.return_value == 3
    assert "JSON is malformed" in " ".join(first.stderr.split())
    assert json.loads(again.stdout)["retried"] == 0
    with connect(folder / "data") as store:
        events = store.query('SELECT agent, topic, "offset" FROM events ORDER BY seq').rows()
    assert events == [("ops", str(folder / "ops.jsonl"), 1), ("ops", str(folder / "ops.jsonl"), 3)]
    assert len(run(folder).stdout.splitlines()) == 1
    assert len(run(folder, "--all").stdout.splitlines()) == 3


def test_nothing_left_is_exit_code_0(folder: Path) -> None:
    done = run(folder, "--retry", "--source", "of another file", "--json")

    assert done.return_value == 0
    assert set(json.loads(done.stdout).values()) == {0}
