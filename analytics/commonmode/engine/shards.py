"""Tallies at rest: parts of a window's tally, kept so that adding to it stays cheap."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec
import polars as pl

from commonmode.detectors import Detector, Tallies, Window
from commonmode.detectors.coding import coded
from commonmode.store import StoredTally

EMPTIED = b""
"""Data of a shard that was merged into another; it keeps its row, as rows are only replaced."""


def parameters_hash(detector: Detector) -> str:
    """Return 16 hexadecimal digits that stand for a detector's parameters."""
    data = msgspec.json.encode(detector.parameters(), order="sorted")
    return hashlib.sha256(data).hexdigest()[:16]


def key_of(detector: Detector) -> str:
    """Return the key of a detector's progress: name, version and parameters.

    Whoever changes a parameter starts counting from the first event, beside the old counts.
    """
    return f"{detector.name}/{detector.version}/{parameters_hash(detector)}"


SEATS = 7
"""Parts of one size that a window has at most: as many again are merged into a larger one."""


def seats_of(detector: Detector) -> int:
    """Return how many parts of one size a window of a detector has at most.

    Where tables are bounded it is one: merging them costs little and tells what can still matter.
    """
    return 1 if any(table.bound for table in detector.tables.values()) else SEATS


def slot_for(occupied: Collection[int]) -> int:
    """Return the shard that a window's next part goes into: the lowest that is free.

    There are as many shards on each level as there are seats, and a part on a level is merged
    with all of the levels below it, as in a counter of base seats + 1. So with seven seats a
    window has at most 7 log₈ k + 7 shards after k parts, and each count is rewritten at most
    log₈ k times.

    Examples
    --------
    >>> slot_for(set()), slot_for({0}), slot_for(range(7)), slot_for({7})
    (0, 1, 7, 0)
    """
    return next(slot for slot in range(len(occupied) + 1) if slot not in occupied)


def is_below(slot: int, other: int, seats: int) -> bool:
    """Return whether a shard is merged into another when that is written."""
    return slot // seats < other // seats


def rows(
    detector: Detector, window: Window, slot: int, tallies: Mapping[str, pl.DataFrame]
) -> Iterator[StoredTally]:
    """Yield the rows that store one part of a window; tables without a row are left out."""
    for table, frame in tallies.items():
        if not frame.is_empty():
            yield _row(detector, window, slot, table, to_bytes(frame))


def emptied(
    detector: Detector, window: Window, shards: Iterable[tuple[int, str]]
) -> Iterator[StoredTally]:
    """Yield the rows that empty shards (slot and table) which were merged into another."""
    for slot, table in shards:
        yield _row(detector, window, slot, table, EMPTIED)


def _row(detector: Detector, window: Window, slot: int, table: str, data: bytes) -> StoredTally:
    return StoredTally(
        detector=detector.name,
        version=detector.version,
        parameters_hash=parameters_hash(detector),
        window_start=window.start,
        window_end=window.end,
        shard=str(slot),
        table=table,
        data=data,
    )


def to_bytes(frame: pl.DataFrame) -> bytes:
    """Write a tally table as an Arrow IPC stream, each of its texts once."""
    buffer = io.BytesIO()
    coded(frame).write_ipc_stream(buffer, compression="zstd")
    return buffer.getvalue()


def to_tallies(tables: Iterable[tuple[str, bytes]]) -> list[Tallies]:
    """Read stored tables back, texts still coded; each becomes a part of its own, to be merged.

    Examples
    --------
    >>> frame = pl.DataFrame({"n": [1]})
    >>> to_tallies([("votes", to_bytes(frame))])[0]["votes"].equals(frame)
    True
    """
    return [{table: pl.read_ipc_stream(data)} for table, data in tables if data != EMPTIED]
