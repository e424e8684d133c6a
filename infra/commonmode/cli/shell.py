"""The interactive SQL prompt."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from shutil import get_terminal_size

import click
import platformdirs
import polars as pl
from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer
from rich.text import Text

from commonmode.cli.output import emit, errors, plain
from commonmode.cli.sql_completion import SqlCompleter
from commonmode.store import Reader, StoreError, split_statements

MOST_ROWS = 10_000
"""Rows that are fetched to be looked at; `commonmode sql QUERY` fetches all."""

GREETING = "Reads the store. End a query with ; — .tables  .schema NAME  .quit"

TABLES = """
    SELECT table_name AS name, comment FROM duckdb_tables() WHERE NOT internal
    UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE NOT internal
    ORDER BY name
"""
SCHEMA = """
    SELECT column_name AS name, data_type AS type, comment FROM duckdb_columns()
    WHERE table_name = $table ORDER BY column_index
"""


class Shell:
    """Reads statements, runs them, prints their rows a page at a time.

    Parameters
    ----------
    store : Reader
        Whom to ask.
    output_format : str, optional
        Form of the rows; a table when not given.
    """

    def __init__(self, store: Reader, output_format: str | None = None) -> None:
        self._store = store
        self._format = output_format or "table"

    def run(self) -> None:
        """Prompt until the end of input, ``.quit`` or ctrl-D; ctrl-C drops the line."""
        session: PromptSession[str] = PromptSession(
            history=_history(),
            lexer=PygmentsLexer(SqlLexer),
            completer=SqlCompleter(self._store),
            multiline=Condition(lambda: not is_complete(get_app().current_buffer.text)),
            prompt_continuation="       …> ",
        )
        errors.print(GREETING, markup=False)
        for text in _typed(session):
            if text.strip() in (".quit", ".exit"):
                return
            self.answer(text)

    def answer(self, text: str) -> None:
        """Run what was typed: a dot command, or statements."""
        try:
            for query, parameters in meant(text):
                self._show(query, parameters)
        except StoreError as error:
            errors.print(Text(plain(str(error)), style="red"))
        except KeyboardInterrupt:
            errors.print("Stopped.", markup=False)

    def _show(self, query: str, parameters: dict[str, object] | None) -> None:
        start = time.perf_counter()
        frame, more = self._fetch(query, parameters)
        seconds = time.perf_counter() - start
        printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(printed):
            emit(frame, self._format)
        printed.seek(0)
        _page(printed.read())
        count = f"the first {frame.height:,} rows" if more else f"{frame.height:,} rows"
        errors.print(f"{count} in {seconds:.3f} s", style="dim", markup=False)

    def _fetch(self, query: str, parameters: dict[str, object] | None) -> tuple[pl.DataFrame, bool]:
        with self._store.batches(query, parameters) as batches:
            frames = [pl.DataFrame(batches.schema.empty_table())]
            rows = 0
            for batch in batches:
                frames.append(pl.DataFrame(batch))
                rows += batch.num_rows
                if rows > MOST_ROWS:
                    break
        frame = pl.concat(frames)
        return frame.head(MOST_ROWS), frame.height > MOST_ROWS


Asked = tuple[str, dict[str, object] | None]


def meant(text: str) -> list[Asked]:
    """Return the queries that were typed, with their parameters.

    Examples
    --------
    >>> meant("SELECT 1; SELECT 2")
    [('SELECT 1', None), ('SELECT 2', None)]
    >>> meant(".schema truth")[0][1]
    {'table': 'truth'}
    """
    match text.split():
        case [".tables"]:
            return [(TABLES, None)]
        case [".schema", *names]:
            return [(SCHEMA, {"table": name}) for name in names or ["events"]]
        case _:
            return [(statement, None) for statement in split_statements(text)]


def is_complete(text: str) -> bool:
    """Tell whether Enter runs what was typed.

    Examples
    --------
    >>> [is_complete(text) for text in ("SELECT 1", "SELECT 1;", ".tables", "")]
    [False, True, True, True]
    """
    text = text.strip()
    return not text or text.startswith(".") or text.endswith(";")


def _typed(session: PromptSession[str]) -> Iterator[str]:
    while True:
        try:
            text = session.prompt("commonmode> ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text.strip():
            yield text


def _page(text: str) -> None:
    size = get_terminal_size()
    if text.count("\n") >= size.lines:
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)


def _history() -> History:
    path = Path(platformdirs.user_state_dir("commonmode", appauthor=False)) / "sql_history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)
