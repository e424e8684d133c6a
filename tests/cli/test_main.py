"""The verbs are there, quick to list, and errors end with the promised exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.store.samples import with_empty_store

from commonmode.cli.main import VERBS, cli, exit_code_of
from commonmode.formats import UnknownFormatError


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "commonmode.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_command(verb: str) -> None:
    assert isinstance(cli.get_command(click.Context(cli), verb), click.Command)


def test_help_imports_no_verb() -> None:
    listing = "import sys, commonmode.cli.main as m; m.cli.main(['--help'], standalone_mode=False)"
    heavy = "print([n for n in ('polars', 'duckdb', 'kafka', 'streamlit') if n in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", f"{listing}; {heavy}"], capture_output=True, text=True, check=True
    )

    assert ran.stdout.splitlines()[-1] == "[]"


def test_an_unknown_verb_is_a_usage_error() -> None:
    ran = run("pipo")

    assert ran.returncode == 2
    assert "No such command 'pipo'. Did you mean 'pipe'?" in ran.stderr


@pytest.mark.parametrize(
    ("verb", "option", "value"),
    [("up", "--broker-port", "99999"), ("dashboard", "--port", "-1"), ("demo", "--pace", "0")],
)
def test_a_number_out_of_range_is_a_usage_error(verb: str, option: str, value: str) -> None:
    ran = CliRunner().invoke(cli, [verb, option, value])

    assert ran.exit_code == 2
    assert f"Invalid value for '{option}'" in ran.output


class BrokerUnreachableError(Exception):
    """Stands for the error of that name."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (click.UsageError("x"), 2),
        (UnknownFormatError("x"), 2),
        (BrokerUnreachableError("x"), 4),
        (RuntimeError("a defect"), None),
        (ValueError("a defect"), None),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: BaseException, code: int | None) -> None:
    assert exit_code_of(error) == code


@pytest.mark.parametrize("form", ["table", "jsonl", "parquet"])
def test_a_reader_that_has_seen_enough_ends_a_verb_well(form: str, tmp_path: Path) -> None:
    with_empty_store(tmp_path)
    query = "SELECT i, repeat('x', 100) AS x FROM range(20_000) AS t(i)"

    ended = piped_into_head("sql", query, "--data", str(tmp_path), "--format", form)

    assert ended == (0, b"")


def test_a_reader_that_has_gone_before_the_first_word_ends_a_verb_well() -> None:
    assert piped_into_head("simulate", "--events", "20000") == (0, b"")


def piped_into_head(*arguments: str) -> tuple[int, bytes]:
    """Return how a verb ended whose reader went at once, and what it said about that."""
    command = [sys.executable, "-m", "commonmode.cli.main", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
    return running.returncode, said


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ("load", "Interrupted before the end: give the same command again."),
        ("pipe", "Interrupted before the end: give the same command again."),
        ("demo", "Interrupted."),
    ],
)
def test_an_interrupt_says_how_to_go_on_where_there_is_an_end(verb: str, told: str) -> None:
    interrupted = (
        "import commonmode.cli.main as m\n"
        "def interrupt(name): raise KeyboardInterrupt\n"
        f"m.import_module = interrupt; m.main([{verb!r}, '-'])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", interrupted], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 130
    assert ran.stderr.strip() == told
