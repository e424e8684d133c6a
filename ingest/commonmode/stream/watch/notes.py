"""What workers write down for those that start after them: what of the log still matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from commonmode.events import (
    DecisionReviewed,
    Event,
    MalformedEventError,
    PermissionGranted,
    PermissionRevoked,
    Position,
    decode,
    encode,
)
from commonmode.stream.arrivals import Arrival
from commonmode.stream.outbox import Record
from commonmode.stream.positions import Partition, all_partitions
from commonmode.stream.topics import Topics, TopicState

AUTHORITY = (PermissionGranted, PermissionRevoked, DecisionReviewed)
"""Events that a chain of delegation may be made of, however old they are."""

_PLACE = "commonmode-place"
_NEVER = datetime.min.replace(tzinfo=UTC)


class Copy(NamedTuple):
    """An event that matters still, and where in the log it stands; None: it matters no more."""

    place: Position
    event: Event | None


class Mark(Struct, frozen=True):
    """How much of a partition of events matters no more.

    It says what is so for ever, so that an old one is as true as a new one.

    Attributes
    ----------
    log, partition
        The topic's id, so that a topic made anew is not taken for it, and the number.
    granted_to, grants
        Of the events below that offset, all of `AUTHORITY` are copied: so many.
    open_from, since
        Below that offset is no action in a window that starts then or later, but copied ones;
        and all windows that start earlier are closed.
    findings_log, findings_from
        The same of the topic of findings.
    """

    log: str
    partition: int
    granted_to: int
    grants: int
    open_from: int
    since: datetime
    findings_log: str
    findings_from: int


class Start(NamedTuple):
    """Where a worker starts to read, and what it is told of all that comes before."""

    offsets: dict[Partition, int]
    marks: dict[int, Mark]
    copies: list[Copy]
    since: datetime = _NEVER
    logs: Mapping[str, str] = {}


class Notes:
    """The topic of notes, as it is read from its beginning to its end.

    Parameters
    ----------
    topics : Topics
        Names.
    found : dict of str to TopicState
        The topics as they are now.
    """

    def __init__(self, topics: Topics, found: Mapping[str, TopicState]) -> None:
        self._topics = topics
        self._found = found
        self._logs = {name: state.topic_id for name, state in found.items()}
        self._sources = {log: name for name, log in self._logs.items()}
        self._marks: dict[int, Mark] = {}
        self._copies: dict[Position | None, Copy] = {}

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Take records in; what is no note, or is of a log that was deleted, is passed over."""
        for arrival in arrivals:
            if _PLACE in arrival.headers:
                self._take_copy(arrival)
            else:
                self._take_mark(arrival)

    def _take_copy(self, arrival: Arrival) -> None:
        place = self._place(arrival.headers[_PLACE])
        event = _read(arrival.value)
        if event is None:
            self._copies.pop(place, None)
        elif place is not None:
            self._copies[place] = Copy(place, event)

    def _place(self, name: bytes) -> Position | None:
        with suppress(ValueError):
            log, partition, offset = name.decode().rsplit("/", 2)
            if log in self._sources:
                return Position(self._sources[log], int(partition), int(offset))
        return None

    def _take_mark(self, arrival: Arrival) -> None:
        try:
            mark = msgspec.json.decode(arrival.value or b"", type=Mark)
        except msgspec.DecodeError:
            return
        if mark.log == self._logs.get(self._topics.events):
            self._marks[mark.partition] = mark

    def start(self, mine: Iterable[int]) -> Start:
        """Return where to start a worker that watches some partitions."""
        whole = self._whole()
        own = {number: whole[number] for number in mine if number in whole}
        offsets = dict.fromkeys(self._all(), 0)
        for number, mark in whole.items():
            begin = min(mark.open_from, mark.granted_to) if number in own else mark.granted_to
            offsets[Partition(self._topics.events, number)] = begin
        # Who watches nobody has a say in grants that widen their parents all the same.
        known = list((own or whole).values())
        offsets |= self._findings(known)
        since = max((mark.since for mark in known), default=_NEVER)
        return Start(offsets, own, list(self._copies.values()), since, self._logs)

    def _all(self) -> list[Partition]:
        read = (self._topics.events, self._topics.findings)
        return all_partitions({n: state for n, state in self._found.items() if n in read})

    def _whole(self) -> dict[int, Mark]:
        """Return the marks whose copies are all there: somebody may have deleted some."""
        there = Counter(
            place.partition
            for place, event in self._copies.values()
            if place.source == self._topics.events
            and isinstance(event, AUTHORITY)
            and (mark := self._marks.get(place.partition or 0)) is not None
            and place.offset < mark.granted_to
        )
        marks = self._marks.items()
        return {number: mark for number, mark in marks if there[number] == mark.grants}

    def _findings(self, marks: Iterable[Mark]) -> dict[Partition, int]:
        log = self._logs.get(self._topics.findings)
        known = [mark.findings_from if mark.findings_log == log else 0 for mark in marks]
        return {Partition(self._topics.findings, 0): min(known)} if known else {}


def _read(value: bytes | None) -> Event | None:
    try:
        return None if value is None else decode(value)
    except MalformedEventError:
        return None


def copy_record(copy: Copy, topics: Topics, logs: Mapping[str, str]) -> Record:
    """Return the record of a copy, keyed by where the event stands.

    What nobody judges is left out: the log has it.
    """
    place, event = copy
    name = f"{logs[place.source]}/{place.partition}/{place.offset}".encode()
    value = None if event is None else encode(_bare(event))
    return Record(topics.notes, b"copy/" + name, value, {_PLACE: name})


def mark_record(mark: Mark, topics: Topics) -> Record:
    """Return the record of a mark, of which the last of each partition is kept."""
    key = f"mark/{mark.log}/{mark.partition}".encode()
    return Record(topics.notes, key, msgspec.json.encode(mark))


def _bare(event: Event) -> Event:
    said = {"extra", "args"}.intersection(event.__struct_fields__)
    return replace(event, **dict.fromkeys(said))
