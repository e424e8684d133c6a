"""What is wrong with a record that is not an event, and where it stood."""

from __future__ import annotations

from msgspec import Struct


class MalformedEventError(ValueError):
    """A record cannot be read as an event.

    Parameters
    ----------
    reason : str
        What was needed and what was found.
    hint : str
        What the producer can do about it; empty where nothing can be said.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(f"{reason} Hint: {hint}" if hint else reason)
        self.reason = reason
        self.hint = hint


class Position(Struct, frozen=True):
    """Where a record stood: ``topic[partition]@offset``, or ``file:line`` on disk.

    Examples
    --------
    >>> str(Position("commonmode.events", 3, 17)), str(Position("runs.jsonl", None, 17))
    ('commonmode.events[3]@17', 'runs.jsonl:17')
    """

    source: str
    partition: int | None
    offset: int

    def __str__(self) -> str:
        if self.partition is None:
            return f"{self.source}:{self.offset}"
        return f"{self.source}[{self.partition}]@{self.offset}"


class Rejected(Struct, frozen=True):
    """A record that was refused, with its bytes, so that nothing is lost."""

    reason: str
    hint: str
    payload: bytes
    position: Position
