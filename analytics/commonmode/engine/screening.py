"""Screening: the agents of large windows of whom something may be said, by one look at the log."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from commonmode.detectors import Detector, Window
from commonmode.engine.as_of import as_of
from commonmode.engine.failure import blaming
from commonmode.engine.reading import inside, starting
from commonmode.engine.windows import to_start
from commonmode.store import QueryTooLargeError, Reader

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Doubts:
    """Who need be read of some windows.

    Parameters
    ----------
    rows : polars.DataFrame
        Columns start, agent.
    """

    rows: pl.DataFrame

    def windows(self, windows: Iterable[Window]) -> list[Window]:
        """Return those of some windows in which anyone need be read."""
        starts = set(self.rows["start"])
        return [window for window in windows if window.start in starts]

    def agents(self, windows: Iterable[Window]) -> list[str]:
        """Return who need be read in any of some windows."""
        starts = [window.start for window in windows]
        return self.rows.filter(pl.col("start").is_in(starts))["agent"].unique().to_list()


def screen(
    reader: Reader, detector: Detector, windows: Iterable[Window], positions: Mapping[str, int]
) -> Doubts | None:
    """Return who need be read of some windows, as the log stood at some positions; None: all.

    Where the store has no memory or time to look, all are read as well: that takes longer.

    Raises
    ------
    DetectorFailedError
        When the detector's query is wrong.
    """
    with blaming(detector, "screening the log"):
        asked = detector.doubted(inside(windows))
        if asked is None:
            return None
        of = starting(detector)
        known = as_of(asked, positions)
        text = f"SELECT DISTINCT {of.text} AS start, agent FROM ({known.text})"  # noqa: S608  a detector wrote it
        try:
            rows = reader.query(text, {**known.parameters, **of.parameters})
        except QueryTooLargeError as error:
            logger.info("%s reads whole windows: %s", detector.name, error)
            return None
        return Doubts(rows.with_columns(to_start(pl.col("start"))))
