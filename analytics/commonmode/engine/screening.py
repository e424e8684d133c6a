"""Screening: the agents of large windows of whom something may be said, told by the store."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import polars as pl

from commonmode.detectors import Detector, Query, Window
from commonmode.engine.ahead import ahead
from commonmode.engine.as_of import as_of
from commonmode.engine.failure import blaming
from commonmode.engine.reading import inside
from commonmode.store import QueryTooLargeError, Reader

logger = logging.getLogger(__name__)

AT_ONCE = 1_000_000
"""Rows of what was asked that are compared at once."""


@dataclass(frozen=True)
class Doubts:
    """Who need be read of some windows.

    Parameters
    ----------
    named : mapping of Window to collection of int
        Digests of agents by window; windows in which nobody need be read are left out.
    rows : polars.DataFrame
        What is doubted, as the screen gave it.
    """

    named: Mapping[Window, Collection[int]]
    rows: pl.DataFrame = field(default_factory=pl.DataFrame, compare=False)

    @classmethod
    def of(cls, rows: pl.DataFrame, windows: Iterable[Window]) -> Doubts:
        """Name agents in all windows that lie between `first` and `last` of a row of theirs."""
        begins, ends = pl.col("first"), pl.col("last")
        named = {
            window: rows.filter(begins < window.end, ends >= window.start)["agent_digest"].unique()
            for window in windows
        }
        return cls({window: found.to_list() for window, found in named.items() if len(found)}, rows)

    def windows(self, windows: Iterable[Window]) -> list[Window]:
        """Return those of some windows in which anyone need be read."""
        return [window for window in windows if window in self.named]

    def agents(self, windows: Iterable[Window]) -> list[int]:
        """Return the digests of who need be read in any of some windows."""
        return sorted({name for window in windows for name in self.named.get(window, ())})


@dataclass(frozen=True)
class Screening:
    """The screen of a detector over the log as it stood at some positions.

    Parameters
    ----------
    reader : Reader
        The store.
    detector : Detector
        Whose screen it is.
    positions : mapping of str to int
        As `as_of` has them.
    """

    reader: Reader
    detector: Detector
    positions: Mapping[str, int]

    def doubts(self, blocks: Collection[Sequence[Window]]) -> Doubts | None:
        """Return who need be read of some windows, asked about block by block; None: all.

        Where the store has no memory or time to look, all are read as well: that takes longer.

        Raises
        ------
        DetectorFailedError
            When the detector raises or a query of its is wrong.
        """
        with blaming(self.detector, "screening the log"):
            screen = self.detector.screen()
            if screen is None:
                return None
            windows = [window for block in blocks for window in block]
            try:
                doubting = screen.doubting(self._ask(screen.plain()))
                asked = (self._pages(screen.asked(inside(block))) for block in blocks)
                left = [doubting(rows) for rows in ahead(chain.from_iterable(asked))]
                apart = self._ask(screen.apart(inside(windows)))
            except QueryTooLargeError as error:
                logger.info("%s reads whole windows: %s", self.detector.name, error)
                return None
            return Doubts.of(pl.concat([*left, apart], how="diagonal"), windows)

    def _ask(self, query: Query) -> pl.DataFrame:
        known = as_of(query, self.positions)
        return self.reader.query(known.text, known.parameters)

    def _pages(self, query: Query) -> Iterator[pl.DataFrame]:
        known = as_of(query, self.positions)
        return self.reader.pages(known.text, known.parameters, rows=AT_ONCE)
