"""Rows for people: a table where it fits, and else a line a field; nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from commonmode.cli.terminal import plain

FOLDED = 32
"""Characters to which a long column may be folded before rows are set out a line a field."""

GAP = 3
"""Characters that a table puts between two columns."""


def as_text(frame: pl.DataFrame, width: int | None = None) -> str:
    """Return rows as text, `width` characters wide; as wide as the terminal when not given."""
    console = Console(highlight=False, width=width)
    names = [plain(name) for name in frame.columns]
    rows = [[_cell(value) for value in row] for row in frame.iter_rows()]
    widths = [max(map(cell_len, column)) for column in zip(names, *rows, strict=True)]
    fits = sum(min(each, FOLDED) + GAP for each in widths) <= console.width
    numeric = [kind.is_numeric() for kind in frame.dtypes]
    if fits or not rows:
        shown: RenderableType = _table(names, rows, widths, numeric)
    else:
        shown = Group(*_records(names, rows))
    with console.capture() as printed:
        console.print(shown)
    return printed.get()


def _table(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    numeric: Sequence[bool],
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, width, number in zip(names, widths, numeric, strict=True):
        table.add_column(
            Text(name),
            justify="right" if number else "left",
            min_width=min(width, FOLDED),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _records(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[RenderableType]:
    """Yield each row as a heading and a line for every field that says anything."""
    for number, row in enumerate(rows, 1):
        yield Rule(f"row {number:,} of {len(rows):,}", align="left", style="dim")
        record = Table.grid(padding=(0, 2, 0, 0))
        record.add_column(no_wrap=True, style="bold")
        record.add_column(overflow="fold")
        for name, value in zip(names, row, strict=True):
            if value:
                record.add_row(Text(name), Text(value))
        yield record


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return plain(str(value)).replace("\n", " ")
