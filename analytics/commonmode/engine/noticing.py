"""Noticing: new events → the windows that wait for judgement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from commonmode.detectors import Detector, Tallies
from commonmode.engine import ledger
from commonmode.engine.carried import earliest
from commonmode.engine.failure import blaming
from commonmode.engine.ledger import Span
from commonmode.engine.splitting import split
from commonmode.engine.state import Pending, State
from commonmode.engine.windows import window_of
from commonmode.store import Reader


class Noticed(NamedTuple):
    """What a span of the store adds: the state that goes with it, and how many events it has."""

    state: State
    events: int


def notice(source: Reader, detector: Detector, state: State, span: Span) -> Noticed:
    """Find the windows that the events of a span fall in, and those that they reach back to.

    Nothing is counted here: a window is tallied from the log once it is judged.

    Raises
    ------
    DetectorFailedError
        When the detector raises; nothing is noticed then.
    """
    events = ledger.touched(source, detector, span)
    touched = _touched(source, detector, state, events, span)
    reopened = _reopened(source, detector, state, span)
    return Noticed(state.touched(reopened).touched(touched), sum(events.values()))


def _tallies(source: Reader, detector: Detector, span: Span) -> dict[datetime, Tallies]:
    kinds = ledger.handed_events(source, detector, span)
    with blaming(detector, f"counting events {span.first} to {span.until - 1}"):
        parts = split(detector, kinds)
        return {start: detector.tally(rows.lazy()) for start, rows in parts.items()}


class HandedOn(NamedTuple):
    """Rows of carried tables, counted in the window from `start`, that matter from `since`."""

    start: datetime
    since: datetime
    rows: int


def handed_on(detector: Detector, tallies: Mapping[datetime, Tallies]) -> list[HandedOn]:
    """Return what windows count that holds in other windows, too."""
    return [
        HandedOn(start, earliest(table, own[name], start), own[name].height)
        for start, own in tallies.items()
        for name, table in detector.tables.items()
        if table.carried and not own[name].is_empty()
    ]


def _touched(
    source: Reader, detector: Detector, state: State, events: Mapping[datetime, int], span: Span
) -> dict[datetime, Pending]:
    old = [s for s in events if s not in state.pending and state.latest and s <= state.latest]
    late = ledger.seen_before(source, detector, old, span.first) if old else set()
    return {start: Pending(added=n, judged=start in late) for start, n in events.items()}


def _reopened(
    source: Reader, detector: Detector, state: State, span: Span
) -> dict[datetime, Pending]:
    if state.latest is None or not detector.hands_on:
        return {}
    handed = handed_on(detector, _tallies(source, detector, span))
    first = min((one.since for one in handed), default=None)
    if first is None:
        return {}
    earliest_window = window_of(first, detector.window)
    if earliest_window.start > state.latest:
        return {}
    reopened = {}
    for start in ledger.windows_from(source, detector, earliest_window.start, span.first):
        end = window_of(start, detector.window).end
        rows = sum(one.rows for one in handed if one.since < end and one.start != start)
        if rows:
            reopened[start] = Pending(carried=rows, judged=start not in state.pending)
    return reopened
