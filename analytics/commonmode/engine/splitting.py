"""Splitting: events, read kind by kind → those of each window, in all columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache

import polars as pl

from commonmode.detectors import Detector
from commonmode.engine.windows import window_of, window_start
from commonmode.events import to_table


def split(detector: Detector, kinds: Iterable[pl.DataFrame]) -> dict[datetime, pl.DataFrame]:
    """Return the events of each window by its start, in order; they are given kind by kind."""
    parted: dict[datetime, list[pl.DataFrame]] = defaultdict(list)
    for events in kinds:
        for start, rows in _parted(events, detector.window):
            parted[start].append(rows)
    return {start: together(detector, parted[start]) for start in sorted(parted)}


def _parted(events: pl.DataFrame, length: timedelta) -> Iterator[tuple[datetime, pl.DataFrame]]:
    first, last = events["at"].min(), events["at"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return
    one = window_of(first, length)
    if window_of(last, length) == one:
        # A large window is read by itself, and parting its rows is copying them.
        yield one.start, events
        return
    placed = events.with_columns(window_start(length))
    parts = placed.partition_by("window_start", as_dict=True, include_key=False)
    yield from ((start, rows) for (start,), rows in parts.items())


def together(detector: Detector, kinds: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Put the events of several kinds together; a column that a kind does not have is null.

    Examples
    --------
    >>> from commonmode.detectors import Habit
    >>> together(Habit(), [pl.DataFrame({"kind": ["action_taken"]})])["agent"].to_list()
    [None]
    """
    known = list(kinds)
    read = {name for events in known for name in events.columns}
    # What was read as digests stays so.
    absent = [name for name in detector.columns() if name not in read]
    return pl.concat([_nothing().select(absent), *known], how="diagonal")


@cache
def _nothing() -> pl.DataFrame:
    return pl.DataFrame(to_table([]))
