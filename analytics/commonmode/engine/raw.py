"""Judging a window again from the raw events alone, without anything that was stored for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonmode.detectors import Detector, Score, Sitting, Window
from commonmode.engine.carried import Carried
from commonmode.engine.log import Log
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
        carried = Carried(self.detector.tables, log.handed_on())
        # Of the plainest way to judge, so that it vouches for any shorter one.
        return Sitting(self.detector).scores(own, carried.into(window), window)
