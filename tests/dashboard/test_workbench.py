"""The SQL workbench: every example runs, nothing runs by itself."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.dashboard.conftest import Open, healthy, words

from commonmode.dashboard.views.sql import charts, data
from commonmode.store import QueryRefusedError


@pytest.fixture
def here(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONMODE_DATA", str(small))


@pytest.mark.parametrize("example", data.EXAMPLES)
def test_every_example_runs_as_it_stands(here: None, example: str) -> None:
    frame, _ = data.run(data.EXAMPLES[example], 10)

    assert frame.width > 1


def test_limit_holds_and_says_that_there_is_more(here: None) -> None:
    frame, more = data.run("SELECT * FROM events -- all of them", 7)

    assert (frame.height, more) == (7, True)


@pytest.mark.parametrize("sql", ["DELETE FROM events", "SELECT 1; SELECT 2", "ATTACH ':memory:'"])
def test_anything_but_one_question_is_refused(here: None, sql: str) -> None:
    from commonmode.store import QueryError  # noqa: PLC0415  beside its use

    with pytest.raises((QueryError, QueryRefusedError)):
        data.run(sql, 10)


def test_link_fills_the_editor_but_runs_nothing(opened: Open, small: Path) -> None:
    at = opened("sql", small, sql="SELECT 41 + 1 AS answer")

    assert at.text_area(key="sql-text").value == "SELECT 41 + 1 AS answer"
    assert "Answer" not in words(at)


def test_run_shows_rows(opened: Open, small: Path) -> None:
    at = opened("sql", small, sql="SELECT 41 + 1 AS answer")
    at.button(key="sql-run").click().run()

    assert healthy(at)
    assert at.dataframe[-1].value["answer"].tolist() == [42]


@pytest.mark.parametrize(
    ("column", "shape"),
    [(pl.Series("x", ["a"]), "bar"), (pl.Series("x", [1.5]), "scatter")],
)
def test_shape_follows_the_type_of_the_axis(column: pl.Series, shape: str) -> None:
    frame = pl.DataFrame([column, pl.Series("n", [1])])

    assert charts.shape_of(frame, "x") == shape
    assert charts.picture(frame, "x", ["n"], shape)["series"][0]["data"][0][1] == 1.0
