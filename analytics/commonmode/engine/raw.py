"""Judging a window again from its raw events, without any stored tally."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from commonmode.detectors import Detector, Narrowing, Score, Sitting, Tallies, Window
from commonmode.detectors.query import Parameter
from commonmode.engine.as_of import as_of
from commonmode.engine.carried import Carried
from commonmode.engine.reading import queries_of, together
from commonmode.engine.windows import FIRST, LAST
from commonmode.store import Reader

SPAN = 500_000
"""Rows of the store that are read at once."""


@dataclass(frozen=True)
class Raw:
    """The raw events that one detector reads, as they stood at some positions."""

    reader: Reader
    detector: Detector
    positions: Mapping[str, int]

    def scores(self, window: Window) -> Sequence[Score]:
        """Judge a window from its own events and from those of other windows that hold in it."""
        own = self._own(window)
        others = self._carried(window, own)
        carried = Carried(self.detector.tables, others)
        parts = [carried.own(part) for part in own]
        # Of the plainest way to judge, so that it vouches for any shorter one.
        return Sitting(self.detector).scores(parts, carried.into(window), window)

    def _carried(
        self, window: Window, own: Sequence[Tallies]
    ) -> Iterator[tuple[datetime, str, pl.DataFrame]]:
        tables = self.detector.tables
        onward = [name for name, table in tables.items() if table.carried]
        for name in onward:
            yield from ((window.start, name, part[name]) for part in own)
        if onward:
            for part in self._tally('"at" < $start', window):
                yield from ((FIRST, name, part[name]) for name in onward)
        if any(tables[name].since for name in onward):
            for part in self._tally('"at" >= $end', window):
                yield from ((LAST, name, part[name]) for name in onward)

    def _own(self, window: Window) -> list[Tallies]:
        parts = list[Tallies]()
        bounded = any(table.bound for table in self.detector.tables.values())
        for part in self._tally('"at" >= $start AND "at" < $end', window, parts):
            parts.append(part)
            if bounded:
                parts[:] = [self.detector.merge(parts)]
        return parts

    def _tally(
        self, where: str, window: Window, known: Sequence[Tallies] = ()
    ) -> Iterator[Tallies]:
        """Yield parts of a tally; what can no longer change the one that is `known` is not read."""
        for first in range(0, self.reader.last_seq() + 1, SPAN):
            found = next(map(self.detector.narrowing, known), None)
            events = self._read(where, window, first, {window: found} if found else {})
            if not events.is_empty():
                yield self.detector.tally(events.lazy())

    def _read(
        self, where: str, window: Window, first: int, narrowed: Mapping[Window, Narrowing]
    ) -> pl.DataFrame:
        values: dict[str, Parameter] = {"start": window.start, "end": window.end}
        values = {name: value for name, value in values.items() if f"${name}" in where}
        values |= {"first": first, "until": first + SPAN}
        where = f"{where} AND seq >= $first AND seq < $until"
        plain = queries_of(self.detector, where, values, narrowed)
        queries = [as_of(query, self.positions) for query in plain]
        return together(self.reader.query(query.text, query.parameters) for query in queries)
