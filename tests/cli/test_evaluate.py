"""`evaluate` prints the scorecard, as a table and as figures for scripts."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from commonmode.cli.evaluate import LATEST, seeds
from commonmode.cli.main import cli
from commonmode.evaluation import load

SMALL = ("--agents", "60", "--events", "1500", "--seeds", "50-51", "--processes", "1")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the tests share, so that no world is tried twice."""
    return tmp_path_factory.mktemp("data")


def run(data: Path, *arguments: str) -> str:
    told = (*SMALL, "--data", str(data), *arguments)
    result = CliRunner().invoke(cli, ("evaluate", *told), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_figures_are_one_json_object(data: Path) -> None:
    figures = json.loads(run(data, "--detector", "scope", "--json"))["scope"]

    assert figures["fdr"] == 0.0
    assert figures["false_alarm_rate"] == 0.0
    assert figures["recall"] == 1.0


def test_the_table_has_a_row_per_world(data: Path) -> None:
    shown = run(data, "--detector", "scope", "--world", "innocent")

    for lookalike in ("deep-delegation", "late-grant", "break-glass", "policy-change"):
        assert lookalike in shown
    assert "— (no culprit was planted)" in shown


def test_the_page_and_the_scorecard_are_written_where_they_are_wanted(data: Path) -> None:
    files = ("--page", str(data / "card.md"), "--save", str(data / "card.json"))

    run(data, "--detector", "scope", "--world", "innocent", *files)

    assert "`commonmode evaluate --detector scope --seeds 50-51 --agents 60" in (
        data / "card.md"
    ).read_text(encoding="utf-8")
    assert load(data / "card.json") == load(data / "scorecard" / LATEST)


def test_a_world_can_be_asked_for_by_what_it_is_about(data: Path) -> None:
    shown = run(data, "--detector", "scope", "--world", "scope")

    assert "late-grant" in shown
    assert "scope rate=0.002" in shown
    assert "nothing planted" not in shown


def test_an_unknown_world_is_answered_with_known_ones() -> None:
    result = CliRunner().invoke(cli, ("evaluate", *SMALL, "--world", "utopia"))

    assert result.exit_code == 2
    assert "everything" in result.output


@pytest.mark.parametrize("text", ["x", "9-5", "1-", "-"])
def test_seeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        seeds(None, None, text)
