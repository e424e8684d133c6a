"""Carried tables: what other windows counted that holds in this one, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import polars as pl

from commonmode.detectors import Tallies, TallyTable, Window


class Carried:
    """The rows that windows hand on: they hold in every window that ends after their `since`.

    Parameters
    ----------
    tables : Mapping of str to TallyTable
        The tables of a detector.
    parts : iterable of Tallies
        What was counted of events that are handed on.
    """

    def __init__(self, tables: Mapping[str, TallyTable], parts: Iterable[Tallies]) -> None:
        self._tables = {name: table for name, table in tables.items() if table.carried}
        known = list(parts)
        self._everywhere = {
            name: table.merge(part[name] for part in known) for name, table in self._tables.items()
        }

    def into(self, window: Window) -> Tallies:
        """Return what holds in a window."""
        return {
            name: rows.filter(pl.col(self._tables[name].since) < window.end)
            for name, rows in self._everywhere.items()
        }


def earliest(table: TallyTable, rows: pl.DataFrame, start: datetime) -> datetime:
    """Return since when rows counted in the window that begins at `start` matter elsewhere."""
    first = rows[table.since].min()
    return min(first, start) if isinstance(first, datetime) else start
