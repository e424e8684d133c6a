"""Completing SQL at the prompt: keywords, functions, tables, and the columns of tables named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from commonmode.store import Reader, StoreError

_WORD = re.compile(r"[\w.]*$")
_NAMED = re.compile(r"\b(?:from|join)\s+(\w+)", re.IGNORECASE)
_COLUMNS = """
    SELECT table_name, column_name FROM duckdb_columns()
    WHERE NOT internal ORDER BY table_name, column_index
"""
_WORDS = """
    SELECT upper(keyword_name) AS word FROM duckdb_keywords()
    UNION SELECT function_name || '(' FROM duckdb_functions()
    WHERE function_name SIMILAR TO '[a-z][a-z0-9_]+' ORDER BY word
"""
_COMMANDS = (".tables", ".schema", ".quit")


class SqlCompleter(Completer):
    """Completes from what the store has.

    Parameters
    ----------
    store : Reader
        Asked once, at the first completion.
    """

    def __init__(self, store: Reader) -> None:
        self._store = store

    @cached_property
    def _columns(self) -> dict[str, list[str]]:
        tables: dict[str, list[str]] = {}
        for table, column in self._ask(_COLUMNS):
            tables.setdefault(table, []).append(column)
        return tables

    @cached_property
    def _words(self) -> list[str]:
        return [word for (word,) in self._ask(_WORDS)]

    def _ask(self, query: str) -> list[tuple[str, ...]]:
        # Without a store there is nothing to complete; the query itself will say why.
        try:
            return self._store.query(query).rows()
        except StoreError:
            return []

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        """Yield what may stand at the cursor, the nearest first."""
        del complete_event
        found = _WORD.search(document.text_before_cursor)
        typed = found[0] if found else ""
        if not typed and not document.text_before_cursor.endswith(" "):
            return
        for word, kind in self._candidates(document, typed):
            if word.lower().startswith(typed.lower()):
                yield Completion(word, start_position=-len(typed), display_meta=kind)

    def _candidates(self, document: Document, typed: str) -> Iterator[tuple[str, str]]:
        if document.text.lstrip().startswith("."):
            yield from ((name, "command") for name in _COMMANDS)
            yield from ((name, "table") for name in self._columns)
            return
        named = [table for table in _NAMED.findall(document.text) if table in self._columns]
        for table in named:
            yield from ((quoted(column), table) for column in self._columns[table])
        yield from ((name, "table") for name in self._columns)
        if typed:
            yield from ((word, "") for word in self._words)


RESERVED = frozenset({"at", "offset", "table"})
"""Columns of ours that DuckDB takes for keywords unless they are quoted."""


def quoted(column: str) -> str:
    """Return a column's name as it must be typed.

    Examples
    --------
    >>> quoted("agent"), quoted("at")
    ('agent', '"at"')
    """
    return f'"{column}"' if column in RESERVED else column
