"""A finding in a few lines: what it claims, how sure that is, and how to prove it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl
from rich.text import Text

from commonmode.cli.terminal import plain

INDENT = 14
"""Characters of the mark and the detector's name; the other lines start below what follows."""


ENDED = ("closed", "withdrawn")
"""States whose reason is worth a line."""

NOTHING = "No finding. `commonmode detect --once --final` judges every window that is stored."


def told(row: Mapping[str, Any], *before: str) -> Text:
    """Return a row of `findings` for people; `before` is said ahead of how sure it is."""
    gone = row["status"] == "withdrawn"
    sure = "exact" if row["q_value"] is None else f"q = {row['q_value']:.2g}"
    said = (*before, sure, events_that_prove(row["evidence_total"]), f"explain {row['finding_id']}")
    return Text.assemble(
        ("○ " if gone else "● ", "dim" if gone else "bold red"),
        (f"{plain(str(row['detector'])):<{INDENT - 2}}", "bold"),
        (plain(str(row["claim"])), "dim" if gone else ""),
        (f"\n{'':<{INDENT}}{plain(' · '.join(said))}", "dim"),
    )


def listed(rows: pl.DataFrame) -> Iterator[Text]:
    """Yield each finding with its state and window, and why it ended where it did."""
    for row in rows.iter_rows(named=True):
        line = told(row, row["status"], span(row["window_start"], row["window_end"]))
        if row["status"] in ENDED:
            line.append(f"\n{'':<{INDENT}}{plain(row['reason'])}", "dim")
        yield line


def counted(rows: pl.DataFrame) -> str:
    """Return how many findings are in which state, or what to do where there are none.

    Examples
    --------
    >>> counted(pl.DataFrame({"status": ["opened", "opened", "withdrawn"]}))
    '2 opened, 1 withdrawn'
    """
    counts = rows.group_by("status").len().sort("status").rows()
    return ", ".join(f"{n:,} {status}" for status, n in counts) or NOTHING


def events_that_prove(cited: int) -> str:
    """Return how many events prove a finding, in words.

    Examples
    --------
    >>> events_that_prove(1), events_that_prove(1200)
    ('1 event proves it', '1,200 events prove it')
    """
    return "1 event proves it" if cited == 1 else f"{cited:,} events prove it"


def span(start: datetime, end: datetime) -> str:
    """Return a window in words, its day once where it has only one.

    Examples
    --------
    >>> span(datetime(2026, 1, 5, 2), datetime(2026, 1, 5, 3))
    '2026-01-05 02:00 to 03:00 UTC'
    >>> span(datetime(2026, 1, 5), datetime(2026, 1, 6))
    '2026-01-05 00:00 to 2026-01-06 00:00 UTC'
    """
    last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {last} UTC"
