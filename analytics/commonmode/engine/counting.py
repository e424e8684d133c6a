"""Counting: new events → parts of the tallies of their windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from commonmode.detectors import Detector, Narrowing, Tallies
from commonmode.engine import ledger, shards
from commonmode.engine.carried import earliest
from commonmode.engine.failure import blaming
from commonmode.engine.reading import together
from commonmode.engine.state import Pending, State
from commonmode.engine.windows import window_of, window_start
from commonmode.store import Reader, StoredTally

Counts = dict[datetime, tuple[int, Tallies]]
"""Start of window → events and their tallies."""


class Counted(NamedTuple):
    """What a span of the store adds: rows of tallies, and the state that goes with them."""

    tallies: list[StoredTally]
    state: State
    events: int


def count(source: Reader, detector: Detector, state: State, first: int, until: int) -> Counted:
    """Count the events of a span of the store into the tallies of their windows.

    Raises
    ------
    DetectorFailedError
        When the detector raises; nothing is counted then.
    """
    narrowed = {window_of(s, detector.window): one for s, one in state.narrowed.items()}
    events = ledger.new_events(source, detector, first, until, narrowed)
    with blaming(detector, f"counting events {first} to {until - 1}"):
        counts = by_window(detector, events)
        handed = handed_on(detector, counts)
    taken = _taken(source, detector, state, counts)
    parts = _parts(source, detector, counts, taken)
    return Counted(
        tallies=[row for part in parts for row in part.rows(detector)],
        state=state.touched(_reopened(source, detector, state, handed, counts))
        .touched(_touched(state, counts, taken))
        .filled(_filled(detector, parts))
        .sharded({part.start: part.shards(detector, taken) for part in parts}),
        events=sum(map(len, events)),
    )


def by_window(detector: Detector, kinds: Sequence[pl.DataFrame]) -> Counts:
    """Tally events, given kind by kind, window by window; windows without counts are left out."""
    shape = [events.clear() for events in kinds]
    parts = {start: together([*shape, *rows]) for start, rows in _split(detector, kinds).items()}
    tallied = {start: (rows.height, detector.tally(rows.lazy())) for start, rows in parts.items()}
    return {
        start: (events, tallies)
        for start, (events, tallies) in sorted(tallied.items())
        if any(not rows.is_empty() for rows in tallies.values())
    }


def _split(detector: Detector, kinds: Sequence[pl.DataFrame]) -> dict[datetime, list[pl.DataFrame]]:
    split: dict[datetime, list[pl.DataFrame]] = defaultdict(list)
    for events in kinds:
        placed = events.with_columns(window_start(detector.window))
        parted = placed.partition_by("window_start", as_dict=True, include_key=False)
        for (start,), part in parted.items():
            split[start].append(part)
    return split


class HandedOn(NamedTuple):
    """Rows of carried tables, counted in the window from `start`, that matter from `since`."""

    start: datetime
    since: datetime
    rows: int


def handed_on(detector: Detector, counts: Counts) -> list[HandedOn]:
    """Return what windows count that holds in other windows, too."""
    return [
        HandedOn(start, earliest(table, tallies[name], start), tallies[name].height)
        for start, (_, tallies) in counts.items()
        for name, table in detector.tables.items()
        if table.carried and not tallies[name].is_empty()
    ]


def _touched(
    state: State, counts: Counts, taken: Mapping[datetime, set[int]]
) -> dict[datetime, Pending]:
    return {
        start: Pending(added=events, judged=start in taken and start not in state.pending)
        for start, (events, _) in counts.items()
    }


def _reopened(
    source: Reader,
    detector: Detector,
    state: State,
    handed: Sequence[HandedOn],
    counts: Counts,
) -> dict[datetime, Pending]:
    first = min((one.since for one in handed), default=None)
    if first is None or not _reaches_back(state, window_of(first, detector.window).start, counts):
        return {}
    reopened = {}
    for start in ledger.windows_after(source, detector, first):
        end = window_of(start, detector.window).end
        rows = sum(one.rows for one in handed if one.since < end and one.start != start)
        if rows:
            reopened[start] = Pending(carried=rows, judged=start not in state.pending)
    return reopened


def _reaches_back(state: State, start: datetime, counts: Counts) -> bool:
    """Tell whether rows that matter from `start` can concern a window not counted just now."""
    if state.latest is None:
        return False
    return start < state.latest or (start == state.latest and start not in counts)


def _taken(
    source: Reader, detector: Detector, state: State, counts: Counts
) -> dict[datetime, set[int]]:
    known = {start: set(state.shards[start]) for start in counts if start in state.shards}
    unknown = [start for start in counts if start not in known]
    return {**known, **(ledger.slots(source, detector, unknown) if unknown else {})}


class Part(NamedTuple):
    """A part of a window's tally, and the stored parts that were merged into it."""

    start: datetime
    slot: int
    tallies: Tallies
    lower: Sequence[tuple[int, str, bytes]]

    def shards(self, detector: Detector, taken: Mapping[datetime, set[int]]) -> set[int]:
        """Return the shards of the window once this part is stored."""
        before, seats = taken.get(self.start, set()), shards.seats_of(detector)
        return {one for one in before if not shards.is_below(one, self.slot, seats)} | {self.slot}

    def rows(self, detector: Detector) -> Iterator[StoredTally]:
        """Yield the rows that store it."""
        window = window_of(self.start, detector.window)
        yield from shards.rows(detector, window, self.slot, self.tallies)
        yield from shards.emptied(detector, window, ((at, table) for at, table, _ in self.lower))


def _parts(
    source: Reader,
    detector: Detector,
    counts: Counts,
    taken: Mapping[datetime, set[int]],
) -> list[Part]:
    seats = shards.seats_of(detector)
    slots = {start: shards.slot_for(taken.get(start, set())) for start in counts}
    crowded = [start for start, slot in slots.items() if shards.is_below(0, slot, seats)]
    below = ledger.parts(source, detector, crowded) if crowded else {}
    return [
        _part(
            detector,
            start,
            slots[start],
            tallies,
            [
                part
                for part in below.get(start, ())
                if shards.is_below(part[0], slots[start], seats)
            ],
        )
        for start, (_, tallies) in counts.items()
    ]


def _part(
    detector: Detector,
    start: datetime,
    slot: int,
    tallies: Tallies,
    lower: Sequence[tuple[int, str, bytes]],
) -> Part:
    older = shards.to_tallies((table, data) for _, table, data in lower)
    with blaming(detector, f"merging tallies of the window from {start:%Y-%m-%d %H:%M}"):
        merged = detector.merge([tallies, *older]) if older else tallies
    return Part(start, slot, merged, lower)


def _filled(detector: Detector, parts: Sequence[Part]) -> dict[datetime, Narrowing]:
    found = {part.start: detector.narrowing(part.tallies) for part in parts}
    return {start: one for start, one in found.items() if one is not None}
