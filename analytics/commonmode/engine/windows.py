"""Tumbling windows of event time: which window an instant falls in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from commonmode.detectors import Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")


def window_of(at: datetime, length: timedelta) -> Window:
    """Return the window that an instant falls in.

    Formula: ``start = floor((at - 1970) / length) · length``, so that every window of a length
    has its place whatever events exist.
    A window that would begin before year 1 or end after year 9999 is cut there: one event with
    a wild clock must not stop the run.

    Examples
    --------
    >>> at = datetime(2026, 1, 1, 10, 20, tzinfo=UTC)
    >>> window_of(at, timedelta(hours=1)).start.isoformat()
    '2026-01-01T10:00:00+00:00'
    """
    start = (at - EPOCH) // length * length
    first, last = FIRST - EPOCH, LAST - EPOCH
    return Window(EPOCH + max(start, first), EPOCH + min(start + length, last))


def window_start(length: timedelta) -> pl.Expr:
    """Return the start of each row's window, from its column ``at``; as `window_of` has it.

    Examples
    --------
    >>> frame = pl.DataFrame({"at": [datetime(2026, 1, 1, 10, 20, tzinfo=UTC)]})
    >>> frame.select(window_start(timedelta(hours=1))).item().isoformat()
    '2026-01-01T10:00:00+00:00'
    """
    step = length // TICK
    start = pl.col("at").dt.epoch("us") // step * step
    return to_start(start).alias("window_start")


def to_start(microseconds: pl.Expr) -> pl.Expr:
    """Return microseconds since 1970 as the start of a window: in year 1 at the earliest."""
    return microseconds.clip(lower_bound=(FIRST - EPOCH) // TICK).cast(TIME)
