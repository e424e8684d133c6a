"""Judging a window again from the raw events alone, without anything that was stored for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from commonmode.detectors import Detector, Score, Sitting, Tallies, Window
from commonmode.engine.carried import Carried
from commonmode.engine.log import Log
from commonmode.engine.windows import FIRST, LAST
from commonmode.store import Reader


@dataclass(frozen=True)
class Raw:
    """The raw events that one detector reads, as they stood at some positions."""

    reader: Reader
    detector: Detector
    positions: Mapping[str, int]

    def scores(self, window: Window) -> Sequence[Score]:
        """Judge a window from its own events and from those of other windows that hold in it."""
        log = Log(self.reader, self.detector, self.positions)
        own = log.parts([window])[window]
        carried = Carried(self.detector.tables, self._carried(log, window, own))
        parts = [carried.own(part) for part in own]
        # Of the plainest way to judge, so that it vouches for any shorter one.
        return Sitting(self.detector).scores(parts, carried.into(window), window)

    def _carried(
        self, log: Log, window: Window, own: Sequence[Tallies]
    ) -> Iterator[tuple[datetime, str, pl.DataFrame]]:
        tables = self.detector.tables
        onward = [name for name, table in tables.items() if table.carried]
        for name in onward:
            yield from ((window.start, name, part[name]) for part in own)
        for part in log.handed_on(Window(FIRST, window.start)):
            yield from ((FIRST, name, part[name]) for name in onward)
        if any(tables[name].since for name in onward):
            for part in log.handed_on(Window(window.end, LAST)):
                yield from ((LAST, name, part[name]) for name in onward)
