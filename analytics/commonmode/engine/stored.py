"""What is kept under a detector's name: its progress, and rows that other windows will need."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime

import msgspec
import polars as pl

from commonmode.detectors import Detector
from commonmode.detectors.coding import coded, plain
from commonmode.engine.windows import window_of
from commonmode.store import StoredTally

SHARD = "0"
"""A window has one part of each table; older stores have more, which still count."""


def parameters_hash(detector: Detector) -> str:
    """Return 16 hexadecimal digits that stand for a detector's parameters."""
    data = msgspec.json.encode(detector.parameters(), order="sorted")
    return hashlib.sha256(data).hexdigest()[:16]


def key_of(detector: Detector) -> str:
    """Return the key of a detector's progress: name, version and parameters.

    Whoever changes a parameter starts from the first event, beside the old findings.
    """
    return f"{detector.name}/{detector.version}/{parameters_hash(detector)}"


def to_row(detector: Detector, start: datetime, table: str, rows: pl.DataFrame) -> StoredTally:
    """Return the row that stores what the window from `start` hands on in one table."""
    window = window_of(start, detector.window)
    return StoredTally(
        detector=detector.name,
        version=detector.version,
        parameters_hash=parameters_hash(detector),
        window_start=window.start,
        window_end=window.end,
        shard=SHARD,
        table=table,
        data=to_bytes(rows),
    )


def to_bytes(rows: pl.DataFrame) -> bytes:
    """Write a tally table as an Arrow IPC stream, each of its texts once."""
    buffer = io.BytesIO()
    coded(rows).write_ipc_stream(buffer, compression="zstd")
    return buffer.getvalue()


def from_bytes(data: bytes) -> pl.DataFrame:
    """Read a stored table back.

    Examples
    --------
    >>> rows = pl.DataFrame({"agent": ["a", "b"]})
    >>> from_bytes(to_bytes(rows)).equals(rows)
    True
    """
    return plain(pl.read_ipc_stream(data))
