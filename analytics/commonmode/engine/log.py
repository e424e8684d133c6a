"""The log as one detector reads it: windows, tallied from their events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from commonmode.detectors import Detector, Narrowing, Query, Sitting, Tallies, Window
from commonmode.detectors.gathering import Gathering
from commonmode.engine.ahead import ahead
from commonmode.engine.as_of import as_of
from commonmode.engine.failure import blaming
from commonmode.engine.reading import (
    beside_of,
    bounds_of,
    inside,
    of_agents,
    queries_of,
)
from commonmode.engine.screening import Doubts
from commonmode.engine.splitting import split, together
from commonmode.engine.windows import FIRST, LAST
from commonmode.store import Reader

SPAN = 500_000
"""Rows of the store that are read at once."""
MOST_SPANS = 16
"""As many times that, where few of them matter: one text that matters may have most of them."""

Parts = dict[Window, Gathering]
"""The parts of windows' own tallies, texts coded: they merge to the whole."""


@dataclass(frozen=True)
class Log:
    """The events that one detector reads, as they stood at some positions.

    Parameters
    ----------
    reader : Reader
        The store.
    detector : Detector
        Who reads.
    positions : mapping of str to int
        As `as_of` has them.
    span : int, optional
        Rows of the store that are read at once.
    report : callable, optional
        Told how many rows were read, and how many will be.
    """

    reader: Reader
    detector: Detector
    positions: Mapping[str, int]
    span: int = SPAN
    report: Callable[[int, int], None] = lambda _done, _total: None

    def parts(
        self,
        windows: Sequence[Window],
        doubts: Doubts | None = None,
        sitting: Sitting | None = None,
    ) -> Parts:
        """Tally the events of some windows, but for what is handed on: all, or of whom is doubted.

        They are gathered as `sitting` has it; without one in the plainest way.

        A window of more events than are read at once has several parts. Where tables are bounded
        they are merged as they come, and what can no longer change them is not read.

        Raises
        ------
        DetectorFailedError
            When the detector raises.
        """
        who = sitting or Sitting(self.detector)
        parts: Parts = {window: who.gathering() for window in windows}
        asked = {window.start: window for window in windows}
        spans = self._events(windows, doubts, parts, who.numbered)
        # What has been counted says what is read next where tables are bounded.
        for kinds in spans if self._is_bounded else ahead(spans):
            for start, events in split(self.detector, kinds).items():
                with blaming(self.detector, f"counting the window from {start:%Y-%m-%d %H:%M}"):
                    parts[asked[start]].add(self.detector.tally(events.lazy()))
        return parts

    def _events(
        self,
        windows: Sequence[Window],
        doubts: Doubts | None,
        parts: Parts,
        numbered: Collection[str],
    ) -> Iterator[list[pl.DataFrame]]:
        """Read the events of some windows, kind by kind, as many as are read at once."""
        agents = None if doubts is None else doubts.agents(windows)
        read = windows if doubts is None else doubts.windows(windows)
        shares = [1.0]
        for where, there in self._spans(read, lambda: self._share(parts) * shares[-1]):
            some = where if agents is None else of_agents(where, agents)
            of = [kind for kind in self._own if kind in there]
            narrowed = self._narrowed(parts)
            kinds = self._read(queries_of(self.detector, of, some, narrowed, numbered))
            if agents is not None:
                shares.append(sum(map(len, kinds)) / _length(where))
            yield kinds

    @property
    def _is_bounded(self) -> bool:
        return any(table.bound for table in self.detector.tables.values())

    def beside(self, window: Window, doubts: Doubts) -> Iterator[Tallies]:
        """Tally what matters of the events of agents that need not be read of a window."""
        if self.detector.beside:
            agents = doubts.agents([window])
            query = beside_of(self.detector, self._own, inside([window]), agents)
            events = together(self.detector, self._read([query]))
            yield self.detector.tally(events.lazy())

    @property
    def _own(self) -> list[str]:
        """The kinds of event that a window does not hand on."""
        return [kind for kind in self.detector.reads if kind not in self.detector.hands_on]

    def handed_on(self, related: Query | None = None) -> Iterator[Tallies]:
        """Tally the events that hand something on to other windows: those related, or all."""
        if not self.detector.hands_on:
            return
        spans = self._spans([Window(FIRST, LAST)]) if related is None else [(related, ())]
        for where, there in spans:
            of = [kind for kind in self.detector.hands_on if related or kind in there]
            events = self._read(queries_of(self.detector, of, where))
            yield self.detector.tally(together(self.detector, events).lazy())

    def _narrowed(self, parts: Parts) -> dict[Window, Narrowing]:
        known = {window: self.detector.narrowing(own[0]) for window, own in parts.items() if own}
        return {window: found for window, found in known.items() if found is not None}

    def _share(self, parts: Parts) -> float:
        known = self._narrowed(parts)
        return max(known[one].share if one in known else 1.0 for one in parts)

    def _spans(
        self, windows: Sequence[Window], share: Callable[[], float] = lambda: 1.0
    ) -> Iterator[tuple[Query, list[str]]]:
        """Yield conditions that each hold for as many rows of the store as are read at once.

        Beside each stand the kinds of event that there are, as others' columns cost time, too.

        Where only a share of the rows is handed over, there are as many more of them.
        """
        if not windows:
            return
        query = as_of(bounds_of(windows), self.positions)
        first, last, events, kinds = self.reader.query(query.text, query.parameters).row(0)
        if events:
            of = inside(windows)
            # A late event may stand far from the others: few events are read at once all the same.
            whole, start = last + 1 - first, first
            while start <= last:
                self.report(start - first, whole)
                step = self._step(share()) if events > self.span else whole
                place = {"first": start, "until": min(start + step, last + 1)}
                text = f"{of.text} AND seq >= $first AND seq < $until"
                yield Query(text, {**of.parameters, **place}), kinds
                start += step

    def _step(self, share: float) -> int:
        return int(self.span / max(share, 1 / MOST_SPANS))

    def _read(self, queries: Iterable[Query]) -> list[pl.DataFrame]:
        known = (as_of(query, self.positions) for query in queries)
        return [self.reader.query(query.text, query.parameters) for query in known]


def _length(span: Query) -> int:
    first, until = (span.parameters[name] for name in ("first", "until"))
    return int(str(until)) - int(str(first))
