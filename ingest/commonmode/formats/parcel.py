"""Records of one log, ready to be sent: keys and values of events, and what is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from commonmode.events import (
    Event,
    MalformedEventError,
    Position,
    Rejected,
    clean_agents,
    decode,
    encode,
    note_of,
)
from commonmode.formats.base import Format, ReadOptions
from commonmode.formats.lines import Block

MOST = 1_000
SIZE = 2**20
"""Records, and bytes of them, in one parcel; it ends with the record that reaches either."""


class Parcel(Struct, array_like=True):
    """Some records of one log, in their order; light to hand from process to process.

    Parameters
    ----------
    source : str
        The log.
    events : list of tuple
        Line, key and value of each event.
    rejected : list of Rejected
        The records between them that are no events.
    redacted : int
        How many of both kinds had something taken out.
    """

    source: str
    events: list[tuple[int, bytes, bytes]]
    rejected: list[Rejected]
    redacted: int = 0

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
        size += _add(parcel, line, record)
        if size >= SIZE or parcel.count >= most:
            yield parcel
            parcel, size = Parcel(source, [], []), 0
    if parcel.count:
        yield parcel


def pack_block(form: Format, block: Block, source: str, options: ReadOptions) -> Parcel:
    r"""Return the records of a block in their wire form.

    A line that is a clean event already goes as it came.

    Examples
    --------
    >>> from commonmode.formats import get
    >>> one = b'{"id":"1", "kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}'
    >>> block = Block(7, one + b"\n{\n")
    >>> parcel = pack_block(get("canonical"), block, "runs.jsonl", ReadOptions())
    >>> parcel.events == [(7, b"a", one)], str(parcel.rejected[0].position)
    (True, 'runs.jsonl:8')
    """
    lines = form.lines_in(block) if form.may_pass(options) else None
    if lines is not None:
        return _pass_on(lines, block.first, source)
    parcel = Parcel(source, [], [])
    for number, record in form.numbered_in(block, source, options):
        _add(parcel, number, record)
    return parcel


def _pass_on(lines: list[bytes], first: int, source: str) -> Parcel:
    """Return lines as they came where they are clean; read the others, and write them anew."""
    parcel = Parcel(source, [], [])
    for number, (agent, text) in enumerate(zip(clean_agents(lines), lines, strict=True), first):
        if agent is not None:
            parcel.events.append((number, agent, text))
        elif text.strip():
            _add(parcel, number, _read_strictly(text, Position(source, None, number)))
    return parcel


def _read_strictly(text: bytes, place: Position) -> Event | Rejected:
    try:
        return decode(text)
    except MalformedEventError as error:
        return Rejected(error.reason, error.hint, text, place)


def _add(parcel: Parcel, line: int, record: Event | Rejected) -> int:
    if note_of(record):
        parcel.redacted += 1
    if not isinstance(record, Rejected):
        return _put(parcel, line, record)
    parcel.rejected.append(record)
    return len(record.payload)


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
