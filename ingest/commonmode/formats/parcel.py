"""Records of one log, ready to be sent: keys and values of events, and what is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from commonmode.events import Event, Position, Rejected, encode, note_of

MOST = 1_000
SIZE = 2**20
"""Records, and bytes of them, in one parcel; it ends with the record that reaches either."""


class Parcel(Struct, frozen=True, array_like=True):
    """Some records of one log, in their order; light to hand from process to process.

    Parameters
    ----------
    source : str
        The log.
    events : list of tuple
        Line, key and value of each event.
    rejected : list of Rejected
        The records between them that are no events.
    redacted : list of int
        Lines of both kinds that had something taken out.
    """

    source: str
    events: list[tuple[int, bytes, bytes]]
    rejected: list[Rejected]
    redacted: list[int] = []

    @property
    def count(self) -> int:
        """How many records it holds."""
        return len(self.events) + len(self.rejected)


def pack(
    records: Iterable[tuple[int, Event | Rejected]], source: str, most: int = MOST
) -> Iterator[Parcel]:
    """Write numbered records in their wire form and gather them.

    An event that cannot be written is a rejected record.

    Examples
    --------
    >>> from commonmode.events import decode
    >>> one = decode('{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}')
    >>> [parcel.count for parcel in pack([(1, one)] * 5, "runs.jsonl", most=2)]
    [2, 2, 1]
    """
    parcel, size = Parcel(source, [], []), 0
    for line, record in records:
        if note_of(record):
            parcel.redacted.append(line)
        if isinstance(record, Rejected):
            parcel.rejected.append(record)
            size += len(record.payload)
        else:
            size += _put(parcel, line, record)
        if size >= SIZE or parcel.count >= most:
            yield parcel
            parcel, size = Parcel(source, [], []), 0
    if parcel.count:
        yield parcel


def _put(parcel: Parcel, line: int, event: Event) -> int:
    try:
        key, value = event.agent.encode(), encode(event)
    except (UnicodeEncodeError, msgspec.EncodeError, RecursionError) as error:
        reason = f"needed an event that can be written as JSON; {error}."
        payload = repr(event).encode(errors="replace")
        parcel.rejected.append(Rejected(reason, "", payload, Position(parcel.source, None, line)))
        return len(payload)
    parcel.events.append((line, key, value))
    return len(value)
