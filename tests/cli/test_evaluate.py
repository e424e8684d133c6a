"""`evaluate` prints the scorecard, as a table and as figures for scripts."""

import json

import click
import pytest
from click.testing import CliRunner

from commonmode.cli.evaluate import command, seeds

SMALL = ("--agents", "60", "--events", "1500", "--seeds", "50-51", "--processes", "1")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, (*SMALL, *arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_figures_are_one_json_object() -> None:
    figures = json.loads(run("--detector", "scope", "--json"))["scope"]

    assert figures["fdr"] == 0.0
    assert figures["false_alarm_rate"] == 0.0
    assert figures["recall"] == 1.0


def test_the_table_has_a_row_per_world() -> None:
    shown = run("--detector", "scope", "--world", "innocent")

    for lookalike in ("deep-delegation", "late-grant", "break-glass", "policy-change"):
        assert lookalike in shown
    assert "nan (no culprit was planted)" in shown


def test_an_unknown_world_is_answered_with_known_ones() -> None:
    result = CliRunner().invoke(command, (*SMALL, "--world", "utopia"))

    assert result.exit_code == 2
    assert "everything" in result.output


@pytest.mark.parametrize("text", ["x", "9-5", "1-", "-"])
def test_seeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        seeds(None, None, text)
