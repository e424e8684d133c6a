"""Carried tables: what other windows counted that holds in this one, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import polars as pl

from commonmode.detectors import Tallies, TallyTable, Window


class Carried:
    """The rows that windows hand on: judge windows in order of time with it.

    A carried table without `since` is handed on to every later window.
    One with `since` holds in every window that ends after it, earlier ones included.

    Parameters
    ----------
    tables : Mapping of str to TallyTable
        The tables of a detector.
    parts : iterable of (datetime, str, polars.DataFrame)
        Start of the window, table and rows of every stored part of a carried table.
    """

    def __init__(
        self,
        tables: Mapping[str, TallyTable],
        parts: Iterable[tuple[datetime, str, pl.DataFrame]],
    ) -> None:
        self._tables = {name: table for name, table in tables.items() if table.carried}
        ahead = sorted(parts, key=lambda part: part[0])
        self._ahead = [part for part in ahead if not self._tables[part[1]].since]
        self._behind = {n: t.empty() for n, t in self._tables.items() if not t.since}
        self._everywhere = {
            name: table.merge(rows for _, of, rows in ahead if of == name)
            for name, table in self._tables.items()
            if table.since
        }

    def everywhere(self) -> Tallies:
        """Return all that any window hands on; before the first window is judged."""
        behind = {name: [rows] for name, rows in self._behind.items()}
        for _, name, rows in self._ahead:
            behind[name].append(rows)
        merged = {name: self._tables[name].merge(rows) for name, rows in behind.items()}
        return {**merged, **self._everywhere}

    def into(self, window: Window) -> Tallies:
        """Return what holds in a window beside its own rows; windows come in order of time."""
        self._move_to(window.start)
        return {**self._behind, **self._since(window.end)}

    def own(self, part: Tallies) -> Tallies:
        """Return a part of a window's own tallies without the rows that `into` gives anyway."""
        return {name: rows for name, rows in part.items() if name not in self._everywhere}

    def _move_to(self, start: datetime) -> None:
        passed = [part for part in self._ahead if part[0] < start]
        self._ahead = self._ahead[len(passed) :]
        for name in {name for _, name, _ in passed}:
            rows = [self._behind[name], *(rows for _, of, rows in passed if of == name)]
            self._behind[name] = self._tables[name].merge(rows)

    def _since(self, end: datetime) -> Tallies:
        return {
            name: rows.filter(pl.col(self._tables[name].since) < end)
            for name, rows in self._everywhere.items()
        }


def earliest(table: TallyTable, rows: pl.DataFrame, start: datetime) -> datetime:
    """Return since when rows counted in the window that begins at `start` matter elsewhere."""
    if not table.since or rows.is_empty():
        return start
    first = rows[table.since].min()
    return min(first, start) if isinstance(first, datetime) else start
