"""Rows of events in columns: how every part of an economy writes what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from commonmode.events import EVENT_SCHEMA, SCHEMA_VERSION

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Column = pl.Series | npt.NDArray[Any] | str | float | bool | None

_empty = pl.from_arrow(EVENT_SCHEMA.empty_table())
assert isinstance(_empty, pl.DataFrame)  # noqa: S101  a table becomes a frame
WIDE: pl.Schema = _empty.schema
"""The columns of `events.EVENT_SCHEMA` as Polars types."""

TRUTH = "truth_declared"
NOBODY = -1
"""The `who` of rows whose agent is no member of the population (a label, a steward)."""

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_DIGITS = np.array([i for i in range(36) if i not in (8, 13, 18, 23)])


def uuid7(at: Ints, rng: np.random.Generator) -> pl.Series:
    """Return one UUIDv7 per time (µs since 1970): ordered by millisecond, the rest drawn.

    Examples
    --------
    >>> uuid7(np.array([1_767_571_200_000_000]), np.random.default_rng(0))[0][:15]
    '019b8b74-1800-7'
    """
    raw = rng.integers(0, 256, (len(at), 16), dtype=np.uint8)
    raw[:, :6] = (at // 1000).astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    raw[:, 6] = raw[:, 6] & 0x0F | 0x70
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    text = np.full((len(at), 36), ord("-"), np.uint8)
    digits = np.stack([_HEX[raw >> 4], _HEX[raw & 0x0F]], axis=2).reshape(-1, 32)
    text[:, _DIGITS] = digits
    ends = pa.py_buffer(np.arange(0, 36 * (len(at) + 1), 36, dtype=np.int64))
    strings = pa.LargeStringArray.from_buffers(len(at), ends, pa.py_buffer(text.tobytes()))
    return pl.Series(pl.from_arrow(strings))


def rows(
    kind: str, who: Ints, at: Ints, rng: np.random.Generator, **columns: Column
) -> pl.DataFrame:
    """Lay out events of one kind, one per entry of `who`.

    Parameters
    ----------
    kind : str
        The kind of event.
    who : array of int
        Number of the agent in the population, or `NOBODY`.
    at : array of int
        Event time, µs since 1970.
    rng : numpy.random.Generator
        Draws the ids.
    **columns : Series, array, text or number
        Further fields; a single value stands for all rows.
    """
    frame = pl.DataFrame({"id": uuid7(at, rng), "who": who.astype(np.int64), "at": at})
    wide = {
        name: value.alias(name)
        if isinstance(value, pl.Series)
        else pl.Series(name, value)
        if isinstance(value, np.ndarray)
        else pl.lit(value, WIDE.get(name))
        for name, value in columns.items()
    }
    return frame.with_columns(pl.lit(kind).alias("kind"), **wide)


def gather(words: Sequence[str], index: npt.NDArray[np.integer[Any]]) -> pl.Series:
    """Return ``words[i]`` for each `i`, as a column."""
    return pl.Series(list(words), dtype=pl.String).gather(pl.Series(index.astype(np.uint32)))


def join(*parts: pl.Series | str) -> pl.Series:
    """Return the texts of each row, joined end to end.

    Examples
    --------
    >>> join(pl.Series(["a", "b"]), "/", pl.Series([1, 2])).to_list()
    ['a/1', 'b/2']
    """
    # One series after another: a query for every joined column would cost more than the joining.
    joined = pl.Series([""])
    for part in parts:
        joined = joined + (part if isinstance(part, str) else part.cast(pl.String))
    return joined


def stack(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Put frames of different columns under one another; what a row lacks is NULL."""
    full = [frame for frame in frames if frame.height] or frames[:1]
    return pl.concat(full, how="diagonal_relaxed")


def widen(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows in the schema of `events.to_table`, times as instants."""
    have = {
        name: pl.from_epoch(name, "us").dt.replace_time_zone("UTC")
        if dtype == pl.Datetime("us", "UTC") and frame.schema[name] == pl.Int64
        else pl.col(name).cast(dtype)
        for name, dtype in WIDE.items()
        if name in frame.columns
    }
    have["schema"] = pl.lit(SCHEMA_VERSION, WIDE["schema"])
    return frame.select(
        have[name].alias(name) if name in have else pl.lit(None, dtype).alias(name)
        for name, dtype in WIDE.items()
    )
