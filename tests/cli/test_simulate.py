"""`simulate` writes the same lines for the same arguments, and stops when nobody reads on."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from commonmode.cli.main import cli, main
from commonmode.economy import INNOCENTS, PLANTS
from commonmode.events import decode


def run(*arguments: str) -> list[bytes]:
    result = CliRunner().invoke(cli, ("simulate", *arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes.splitlines()


def test_every_line_is_an_event() -> None:
    lines = run("--agents", "30", "--events", "300")

    assert len([decode(line) for line in lines]) == 300


def test_the_same_arguments_give_the_same_bytes() -> None:
    arguments = ("--events", "400", "--seed", "7", "--plant", "all", "--innocent", "all")

    assert run(*arguments) == run(*arguments)


def test_knobs_reach_the_plant() -> None:
    lines = run("--events", "2000", "--plant", "monoculture:strength=0.25,families=2")
    truth = [json.loads(line) for line in lines if b'"truth_declared"' in line]

    assert len(truth) == 2
    assert all(label["args"]["knobs"]["strength"] == 0.25 for label in truth)


def test_time_can_be_told() -> None:
    lines = run("--events", "50", "--start", "2031-03-01", "--days", "2")

    assert all(
        line.startswith(b"2031-03-0") for line in (json.loads(x)["at"].encode() for x in lines)
    )


def test_the_list_names_every_plant_and_innocent() -> None:
    names = {json.loads(line)["name"] for line in run("--list")}

    assert names == {kind.name for kind in PLANTS + INNOCENTS}


def test_the_demo_plants_every_phenomenon() -> None:
    lines = run("--preset", "demo", "--events", "3000")
    labels = [json.loads(line) for line in lines if b'"truth_declared"' in line]

    assert {x["phenomenon"] for x in labels} == {"monoculture", "collusion", "scope"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--plant", "monopoly"),
        ("--plant", "scope:rate=often"),
        ("--agents", "3"),
        ("--start", "yesterday"),
        ("--pace", "0"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["simulate", *arguments])
    said = capfd.readouterr()

    assert stopped.value.code == 2
    assert said.out == ""
    assert "Error" in said.err


def test_a_reader_that_leaves_ends_it_without_a_word() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "commonmode.cli.main", "simulate", "--events", "40000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")


def test_a_human_pace_is_kept() -> None:
    begun = time.monotonic()

    run("--agents", "20", "--events", "60", "--pace", "60")

    assert time.monotonic() - begun >= 0.95


def test_files_of_a_stretch_of_time_each_hold_the_same_lines_in_order(tmp_path: Path) -> None:
    asked = ("--agents", "50", "--events", "70000")
    run(*asked, "--into", str(tmp_path / "economy"))

    files = sorted((tmp_path / "economy").iterdir())
    assert [file.name for file in files] == [f"events-{n:06}.jsonl" for n in range(3)]
    assert b"".join(file.read_bytes() for file in files).splitlines() == run(*asked)
