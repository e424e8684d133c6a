"""What verbs print: rows on standard output, summaries and progress on standard error."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import click
import polars as pl
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from commonmode.cli.table import as_text
from commonmode.cli.terminal import errors, plain
from commonmode.events import Rejected

__all__ = [
    "FORMATS",
    "emit",
    "errors",
    "plain",
    "progress",
    "summary",
    "tell_interrupted",
    "tell_rejected",
]

UNWRAPPED = 2_000
"""Characters of a table's line where no terminal sets the width."""

FORMATS = ("table", "csv", "jsonl", "parquet", "arrow")


def emit(frame: pl.DataFrame, output_format: str | None = None) -> None:
    """Write rows to standard output, as a table on a terminal and as JSON lines otherwise."""
    chosen = output_format or ("table" if sys.stdout.isatty() else "jsonl")
    # Written by us: Polars and rich tell of a reader that has gone in ways of their own.
    out = io.BytesIO()
    match chosen:
        case "table":
            # A file has no edge to fold at.
            width = None if sys.stdout.isatty() else UNWRAPPED
            out.write(as_text(frame, width).encode())
        case "csv":
            from commonmode.store import as_csv  # noqa: PLC0415  keeps `--help` quick

            out.write(as_csv(frame))
        case "jsonl":
            out.write(_spelt(frame.write_ndjson()).encode())
        case "parquet":
            frame.write_parquet(out)
        case "arrow":
            frame.write_ipc_stream(out)
    sys.stdout.buffer.write(out.getbuffer())
    sys.stdout.buffer.flush()


_HIDDEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
"""Controls and characters without width or against the direction, which JSON lets stand."""


def _spelt(lines: str) -> str:
    """Spell hidden characters out as JSON escapes: who reads the JSON has them back."""
    return _HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], lines)


def summary(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a verb's summary: one JSON object on standard output, or a line for people."""
    if as_json:
        click.echo(_spelt(json.dumps(values, default=str)))
        return
    words = ", ".join(
        f"{key} {value:,}" if isinstance(value, int) else f"{key} {value}"
        for key, value in values.items()
    )
    errors.print(Text(plain(words)))


def tell_rejected(count: int, first: Rejected | None, where: str) -> None:
    """Say after the summary how many records were refused, why the first was, and where all are."""
    lines = [f"{count:,} rejected: {where}"]
    if first is not None:
        hint = f" Hint: {first.hint}." if first.hint else ""
        lines.append(f"The first, {first.position}: {first.reason}{hint}")
    errors.print(Text(plain("\n".join(lines))))


def tell_interrupted(verb: str) -> None:
    """Say after the summary that there was more to read, and how to go on."""
    errors.print(
        f"Interrupted before the end. {verb} the same again to go on: "
        "what arrived already is dropped by its id."
    )


@contextmanager
def progress(
    description: str, total: int | None = None, *, stream: IO[str] | None = None
) -> Iterator[Progress]:
    """Show progress on standard error while a long job runs; silent off a terminal.

    The bar is task 0: call ``bar.advance(0, n)``, ``bar.update(0, total=…)``.
    """
    console = errors if stream is None else Console(file=stream)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        bar.add_task(description, total=total)
        yield bar
