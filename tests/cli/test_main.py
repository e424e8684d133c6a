"""The verbs are there, quick to list, and errors end with the promised exit codes."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

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
    assert "No such command" in ran.stderr


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
