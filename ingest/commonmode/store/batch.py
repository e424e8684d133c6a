"""What is stored in one transaction, and who can store it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa
from msgspec import Struct

from commonmode.events import EVENT_SCHEMA, Rejected


class Offset(Struct, frozen=True):
    """How far a partition of the log is stored: `next_offset` is the first that is not."""

    topic: str
    partition: int
    next_offset: int
    topic_id: str = ""


OFFSETS = "SELECT topic, partition, next_offset, topic_id FROM offsets"
"""Selects the fields of `Offset`, in order."""


class Progress(Struct, frozen=True):
    """How far a detector has read the store: `next_seq` is the first event not noticed."""

    detector_key: str
    next_seq: int
    state: bytes = b""


class Judgement(Struct, frozen=True):
    """What a detector said of one subject that chance could explain."""

    subject: str
    verdict: str
    statistic: float
    p_value: float
    q_value: float | None
    n: int


class JudgedWindow(Struct, frozen=True):
    """All that a detector says of one window; it takes the place of what it said before."""

    detector: str
    version: int
    parameters_hash: str
    window_start: datetime
    window_end: datetime
    judgements: list[Judgement]


@dataclass(frozen=True)
class Batch:
    """All that is committed together, or not at all.

    Parameters
    ----------
    events : pyarrow.Table
        Rows of schema `commonmode.events.EVENT_SCHEMA`.
    rejected : sequence of Rejected
        Records that are no events.
    offsets : sequence of Offset
        Where to go on in the log after these rows.
    progress : sequence of Progress
        How far detectors have read; an equal key is replaced.
    judged : sequence of JudgedWindow
        What detectors said of windows; what they said before is replaced.
    retried : sequence of int
        Places (`seq`) among the stored rejected records that `events` were read from after all.
    """

    events: pa.Table = field(default_factory=EVENT_SCHEMA.empty_table)
    rejected: Sequence[Rejected] = ()
    offsets: Sequence[Offset] = ()
    progress: Sequence[Progress] = ()
    retried: Sequence[int] = ()
    judged: Sequence[JudgedWindow] = ()


class Appended(Struct, frozen=True):
    """What became of a batch: events stored, events dropped as known, records refused."""

    stored: int = 0
    duplicates: int = 0
    rejected: int = 0

    def __add__(self, other: Appended) -> Appended:
        return Appended(
            self.stored + other.stored,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
        )


class Appender(Protocol):
    """Whoever stores batches: the writer itself, or a client of the process that owns it."""

    def append(self, batch: Batch) -> Appended:
        """Store a batch in one transaction."""
        ...

    def offsets(self) -> list[Offset]:
        """Return how far each partition of the log is stored: where a sink goes on."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
