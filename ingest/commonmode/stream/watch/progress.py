"""How far a worker is in its partitions, and what of them still matters to the next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from commonmode.events import Event, Position
from commonmode.stream.positions import Partition
from commonmode.stream.topics import Topics
from commonmode.stream.watch.first_open import FirstOpen
from commonmode.stream.watch.notes import Copy, Mark, Start


class Progress:
    """Where the two sides of a view stand, and what a worker in its place would have to read.

    Parameters
    ----------
    mine : iterable of int
        Partitions of the topic of events.
    topics : Topics
        Names.
    start : Start
        Where it started.
    """

    def __init__(self, mine: Iterable[int], topics: Topics, start: Start) -> None:
        self._topics = topics
        self.logs = start.logs
        own = {number: Partition(topics.events, number) for number in mine}
        self.done = {n: at for n, p in own.items() if (at := start.offsets.get(p, 0)) > 0}
        self.copies: list[Copy] = []
        """What is to be written down before the next marks are."""
        self._mine = frozenset(own)
        self._logged = dict.fromkeys(own, 0) | self.done
        self._live_from: dict[int, int] = {}
        self._granted = {number: mark.granted_to for number, mark in start.marks.items()}
        self._grants = {number: mark.grants for number, mark in start.marks.items()}
        self._findings = Partition(topics.findings, 0)
        self._told = start.offsets.get(self._findings, 0)
        self._first = FirstOpen()

    def log(self, place: Position) -> bool:
        """Note that the side of the log read an event; tell whether its action is for that side."""
        number, offset = place.partition or 0, place.offset
        if number not in self._mine:
            return False
        self._logged[number] = max(offset + 1, self._logged[number])
        if offset >= self._live_from.get(number, offset + 1):
            return False
        self.done[number] = max(offset + 1, self.done.get(number, 0))
        return True

    def begin_live(self, place: Position) -> bool:
        """Note that the live side read an event; tell whether its action is for that side."""
        number, offset = place.partition or 0, place.offset
        if number not in self._mine:
            return False
        self._live_from.setdefault(number, offset)
        if offset < self.done.get(number, 0):
            return False
        self.done[number] = offset + 1
        return True

    def keep(self, event: Event, place: Position) -> None:
        """Have a grant of an agent of ours copied, unless it is already."""
        number, offset = place.partition or 0, place.offset
        if number in self._mine and offset >= self._granted.get(number, 0):
            self._granted[number] = offset + 1
            self._grants[number] = self._grants.get(number, 0) + 1
            self.copies.append(Copy(place, event))

    def open(self, place: Position, opened: datetime) -> None:
        """Note that the window of a record is open, and since when."""
        self._first.saw(Partition(place.source, place.partition or 0), opened, place.offset)

    def tell(self, place: Position) -> None:
        """Note that a record of the topic of findings was read."""
        self._told = max(place.offset + 1, self._told)

    def marks(self, since: datetime) -> list[Mark]:
        """Return how much of each partition matters no more, windows closed that opened before."""
        self._first.close(since)
        return [self._mark(number, since) for number in sorted(self._mine)]

    def _mark(self, number: int, since: datetime) -> Mark:
        events, findings = Partition(self._topics.events, number), self._findings
        return Mark(
            log=self.logs.get(events.topic, ""),
            partition=number,
            granted_to=max(self._logged[number], self._granted.get(number, 0)),
            grants=self._grants.get(number, 0),
            open_from=self._first.of(events, self._judged(number)),
            since=since,
            findings_log=self.logs.get(findings.topic, ""),
            findings_from=self._first.of(findings, self._told),
        )

    def _judged(self, number: int) -> int:
        """Return how far all actions are judged: what the live side began with may come later."""
        logged, done = self._logged[number], self.done.get(number, 0)
        return logged if logged <= self._live_from.get(number, logged) else done
