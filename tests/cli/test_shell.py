"""The SQL prompt: what is typed, completed, shown and remembered."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from tests.store.samples import action, batch, with_empty_store

from commonmode.cli import shell as shell_module
from commonmode.cli.shell import Shell
from commonmode.cli.sql_completion import SqlCompleter
from commonmode.store import Reader, Writer, connect


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Reader]:
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(batch([action(0, agent="mallory\x1b[2J")]))
    with connect(tmp_path) as store:
        yield store


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the prompt showed, a page each."""
    pages: list[str] = []
    monkeypatch.setattr(shell_module, "_page", pages.append)
    return pages


def completions(store: Reader, text: str) -> list[str]:
    found = SqlCompleter(store).get_completions(Document(text), CompleteEvent())
    return [completion.text for completion in found]


def test_columns_of_the_table_named_come_first(store: Reader) -> None:
    assert completions(store, "SELECT * FROM truth WHERE ph")[0] == "phenomenon"
    assert completions(store, "SELECT count(*) FROM events GROUP BY ag")[0] == "agent"


def test_a_column_that_is_a_keyword_is_completed_quoted(store: Reader) -> None:
    assert '"at"' in completions(store, "SELECT * FROM events WHERE ")


def test_tables_keywords_and_functions_are_completed(store: Reader) -> None:
    assert "findings" in completions(store, "SELECT * FROM find")
    assert "SELECT" in completions(store, "sel")
    assert "date_trunc(" in completions(store, "SELECT date_tr")


def test_commands_are_completed_with_the_names_of_tables(store: Reader) -> None:
    assert completions(store, ".ta") == [".tables"]
    assert "rejected" in completions(store, ".schema rej")


def test_nothing_is_completed_where_there_is_no_store(tmp_path: Path) -> None:
    with connect(tmp_path / "none") as nothing:
        assert completions(nothing, "SEL") == []


def test_statements_over_lines_are_run_at_the_semicolon(
    store: Reader, shown: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with create_pipe_input() as keys, create_app_session(keys, DummyOutput()):
        keys.send_text("SELECT seq\r+ 41 AS answer FROM events;\r.tables\r.quit\r")
        Shell(store).run()

    assert "42" in shown[0]
    assert "auction_cleared" in shown[1]
    history = tmp_path / "state" / "commonmode" / "sql_history"
    assert "answer" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


def test_schema_shows_columns_with_their_meaning(store: Reader, shown: list[str]) -> None:
    Shell(store).answer(".schema findings")

    assert "q_value" in shown[0]


def test_an_error_is_shown_and_the_prompt_goes_on(
    store: Reader, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(store)
    shell.answer("SELECT nothing;")
    shell.answer("DROP TABLE events;")
    shell.answer("SELECT 7 AS x; SELECT 8 AS y;")

    assert len(shown) == 2
    assert "only SELECT and EXPLAIN" in capsys.readouterr().err


def test_what_an_agent_wrote_does_not_reach_the_terminal_as_a_command(
    store: Reader, shown: list[str]
) -> None:
    Shell(store).answer("SELECT agent FROM events;")

    assert "mallory" in shown[0]
    assert "\x1b" not in shown[0]


def test_very_many_rows_are_cut_and_said_to_be(
    store: Reader, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Shell(store, "csv").answer("SELECT i FROM range(1_000_000_000) AS t(i);")

    assert len(shown[0].splitlines()) == shell_module.MOST_ROWS + 1
    assert "the first 10,000 rows" in capsys.readouterr().err
