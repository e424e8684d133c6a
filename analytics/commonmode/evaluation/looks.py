"""Looks: a detector judging a log as it grows, and how long a culprit goes unfound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
from msgspec import Struct

from commonmode.detectors import Detector, Tallies, Window
from commonmode.evaluation.alarms import match
from commonmode.evaluation.truth import Culprit


class Looks(Struct, frozen=True):
    """What a detector said at each of several looks at a growing log.

    Attributes
    ----------
    delays : tuple of float or None
        Hours from a culprit's first label to the end of the first look that found it; None for
        those that no look found.
    false : int
        Looks with a finding about no culprit.
    looks : int
        How many looks there were.
    """

    delays: tuple[float | None, ...]
    false: int
    looks: int


def look(
    detector: Detector, events: pl.DataFrame, planted: Sequence[Culprit], window: Window, times: int
) -> Looks:
    """Judge what has happened by each of `times` equal steps of a window, and match it.

    A look sees every event up to it by event time, as a closed window does.
    """
    edges = [window.start + (window.end - window.start) * n / times for n in range(1, times + 1)]
    parts: list[Tallies] = []
    found: dict[str, float] = {}
    false = 0
    for part, edge in zip(_slices(events, edges), edges, strict=True):
        parts.append(detector.tally(part.lazy()))
        parts = [detector.merge(parts)]
        scores = detector.judge(parts[0], Window(window.start, edge))
        false += match(scores, planted).false > 0
        for culprit in planted:
            if match(scores, [culprit]).found:
                found.setdefault(culprit.subject, _hours(edge - (culprit.since or window.start)))
    return Looks(tuple(found.get(culprit.subject) for culprit in planted), false, times)


def _slices(events: pl.DataFrame, edges: Sequence[datetime]) -> list[pl.DataFrame]:
    place = sum(((events["at"] >= edge).cast(pl.Int32) for edge in edges[:-1]), pl.Series([0]))
    return [events.filter(place == number) for number in range(len(edges))]


def _hours(span: timedelta) -> float:
    return round(span / timedelta(hours=1), 3)
