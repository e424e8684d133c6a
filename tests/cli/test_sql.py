"""`commonmode sql` and `snapshot`: rows on standard output, errors in words."""

import io
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from tests.store.samples import actions, batch, with_empty_store

from commonmode.cli.snapshot import command as snapshot_command
from commonmode.cli.sql import command
from commonmode.store import QueryError, StoreUnreachableError, Writer, connect, content_hash


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with three actions."""
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(batch(actions(3)))
    return tmp_path


def sql(data: Path, *arguments: str, stdin: str | None = None) -> Result:
    words = [*arguments, "--data", str(data)]
    return CliRunner().invoke(command, words, input=stdin, standalone_mode=False)


def test_rows_are_json_lines_off_a_terminal(data: Path) -> None:
    printed = sql(data, "SELECT id, seq FROM events ORDER BY seq").stdout

    assert [json.loads(line) for line in printed.splitlines()] == [
        {"id": f"event-{n}", "seq": n + 1} for n in range(3)
    ]


@pytest.mark.parametrize(
    ("form", "read"),
    [("csv", pl.read_csv), ("parquet", pl.read_parquet), ("arrow", pl.read_ipc_stream)],
)
def test_every_form_can_be_read_back(data: Path, form: str, read: type[pl.DataFrame]) -> None:
    printed = sql(data, "SELECT id, seq FROM events ORDER BY seq", "--format", form)

    assert read(io.BytesIO(printed.stdout_bytes)).rows() == [
        (f"event-{n}", n + 1) for n in range(3)
    ]


def test_a_table_is_for_people(data: Path) -> None:
    assert "event-0" in sql(data, "FROM events", "--format", "table").stdout


def test_standard_input_is_run_statement_by_statement(data: Path) -> None:
    printed = sql(data, stdin="SELECT 1 AS a;\n-- and\nSELECT ';' AS b;").stdout

    assert printed.splitlines() == ['{"a":1}', '{"b":";"}']


def test_dot_commands_work_without_the_prompt_too(data: Path) -> None:
    assert '"findings"' in sql(data, ".tables").stdout
    assert '"q_value"' in sql(data, ".schema findings").stdout


def test_a_wrong_query_and_a_missing_store_raise_what_the_exit_code_is_made_of(
    data: Path, tmp_path: Path
) -> None:
    assert isinstance(sql(data, "SELECT nothing").exception, QueryError)
    assert isinstance(sql(tmp_path / "none", "SELECT 1").exception, StoreUnreachableError)


def test_snapshot_sums_up_what_it_copied(data: Path) -> None:
    words = [str(data / "copy.duckdb"), "--data", str(data), "--json"]

    printed = CliRunner().invoke(snapshot_command, words, standalone_mode=False).stdout

    summary = json.loads(printed)
    with connect(data / "copy.duckdb") as copy:
        assert summary["events"] == 3
        assert summary["content_hash"] == content_hash(copy)
