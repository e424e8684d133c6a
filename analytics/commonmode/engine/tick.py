"""One detector's part of a tick: count, judge, settle; each step is one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from msgspec import Struct

from commonmode.detectors import Detector, Tallies, Window
from commonmode.engine import ledger
from commonmode.engine.as_of import STORED
from commonmode.engine.carried import Carried
from commonmode.engine.failure import DetectorFailedError, blaming
from commonmode.engine.judging import Heard, Judge, blocks, closing
from commonmode.engine.ledger import Reached, Span
from commonmode.engine.log import Log
from commonmode.engine.names import Names
from commonmode.engine.noticing import notice
from commonmode.engine.reading import inside
from commonmode.engine.record import Fields, event_of
from commonmode.engine.screening import Doubts, Screening
from commonmode.engine.state import Pending, State, decode, encode, is_settled
from commonmode.engine.stored import key_of
from commonmode.engine.windows import window_of
from commonmode.events import to_table
from commonmode.store import (
    Appender,
    Batch,
    JudgedWindow,
    Progress,
    QueryTooLargeError,
    Reader,
)

Report = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it will go."""

LOOKED_OVER = 4
"""Spans that are looked over at once for what they hand on: these are few of their events."""
SCREENED = 400
"""Spans of events that are screened together, as each time takes a look at all grants."""
ASKED = 20
"""Spans of these that are asked about at once: more would take longer than a query may."""
MOST_SCREENED = 64
"""Windows that are screened together."""
WORTH_A_LOOK = 32
"""Events of the log that are looked over in the time in which one is read and judged."""


def unreported(_doing: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class Tick(Struct, frozen=True):
    """What a tick did: events counted, windows judged, steps in the life of findings."""

    events: int = 0
    windows: int = 0
    opened: int = 0
    updated: int = 0
    closed: int = 0
    withdrawn: int = 0
    undetermined: int = 0
    failures: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """How many steps in the life of findings were recorded."""
        return self.opened + self.updated + self.closed + self.withdrawn

    def __add__(self, other: Tick) -> Tick:
        return Tick(*(getattr(self, f) + getattr(other, f) for f in self.__struct_fields__))


@dataclass(kw_only=True)
class Run:
    """One detector in one tick."""

    detector: Detector
    reader: Reader
    appender: Appender
    reached: Reached
    watermark: datetime | None
    final: bool
    report: Report
    span: int
    _state: State = field(default_factory=State, init=False)
    _next: int = field(default=0, init=False)

    def run(self) -> Tick:
        """Do all there is to do; a failure of the detector ends up in the result."""
        self._next, data = ledger.progress(self.reader, key_of(self.detector))
        self._state = decode(data)
        before = self._state.failure
        self._state = self._state.failed("")
        done = Tick()
        try:
            done += self._notice()
        except DetectorFailedError as error:
            done += Tick(failures=(str(error),))
        else:
            self._listen()
            done += self._judge() + self._settle()
        after = done.failures[-1] if done.failures else ""
        if after or before:
            self._commit(state=self._state.failed(after))
        return done

    def _commit(
        self,
        *,
        state: State,
        findings: Sequence[Fields] = (),
        judged: Sequence[JudgedWindow] = (),
        until: int | None = None,
    ) -> None:
        following = self._next if until is None else until
        key = key_of(self.detector)
        self.appender.append(
            Batch(
                events=to_table([event_of(fields) for fields in findings]),
                progress=[Progress(key, following, encode(state))],
                judged=judged,
            )
        )
        # Only what is committed is remembered: a raised append leaves this run as it was.
        self._state, self._next = state, following

    def _notice(self) -> Tick:
        done, first = Tick(), self._next
        # Windows are noticed in one pass of DuckDB; what is handed on is counted where it may
        # reach back to a window that was judged.
        counts = self.detector.hands_on and self._state.latest is not None
        step = LOOKED_OVER * self.span if counts else self.reached.until
        while self._next < self.reached.until:
            until = min(self._next + step, self.reached.until)
            span = Span(self._next, until)
            noticed = notice(self.reader, self.detector, self._state, span)
            self._commit(state=noticed.state, until=until)
            done += Tick(events=noticed.events)
            self.report(f"{self.detector.name}: looking", until - first, self.reached.until - first)
        return done

    def _listen(self) -> None:
        heard, windows = ledger.heard(self.reader, self.detector, self._state.heard)
        if heard != self._state.heard:
            self._commit(state=self._state.listened(heard, windows))

    def _judge(self) -> Tick:
        closed = self._state.closed(self.detector.window, self.watermark, final=self.final)
        if not closed:
            return Tick()
        judge = Judge(
            reader=self.reader,
            detector=self.detector,
            positions=self.reached.positions,
            sitting=self.detector.sitting(Names(self.reader)),
        )
        done, sizes = Tick(), self._sizes(closed)
        for large in blocks(closed, sizes, events=SCREENED * self.span, most=MOST_SCREENED):
            try:
                doubts = self._doubts(large, sizes)
                carried = self._carried([window for window, _ in large], doubts)
            except DetectorFailedError as error:
                done += Tick(failures=(str(error),))
                continue
            for block in blocks(large, sizes, events=self.span):
                done += self._judge_block(block, judge, carried, doubts)
                self.report(f"{self.detector.name}: judging", done.windows, len(closed))
        return done

    def _doubts(
        self, large: Sequence[tuple[Window, Pending]], sizes: Mapping[datetime, int]
    ) -> Doubts | None:
        """Return who need be read of some windows, where these are much of the log; None: all."""
        events = sum(max(why.added, sizes.get(window.start, 0)) for window, why in large)
        if events * WORTH_A_LOOK < self.reached.until:
            return None
        parted = blocks(large, sizes, events=ASKED * self.span, most=MOST_SCREENED)
        asked = [[window for window, _ in block] for block in parted]
        return Screening(self.reader, self.detector, self._positions).doubts(asked)

    def _carried(self, windows: Sequence[Window], doubts: Doubts | None) -> Carried:
        """Read what holds in some windows, of what any window hands on."""
        doubted = None if doubts is None else doubts.rows
        with blaming(self.detector, "reading what other windows hand on"):
            related = self.detector.related(inside(windows), doubted)
            try:
                return Carried(self.detector.tables, self._log.handed_on(related))
            except QueryTooLargeError:
                return Carried(self.detector.tables, self._log.handed_on())

    def _sizes(self, closed: Sequence[tuple[Window, Pending]]) -> dict[datetime, int]:
        """Return the sizes of windows that are judged again: they are read whole once more."""
        again = [window.start for window, why in closed if why.judged]
        if not again:
            return {}
        return ledger.windows_from(self.reader, self.detector, min(again), self.reached.until)

    def _judge_block(
        self,
        block: Sequence[tuple[Window, Pending]],
        judge: Judge,
        carried: Carried,
        doubts: Doubts | None,
    ) -> Tick:
        windows = [window for window, _ in block]
        try:
            parts = self._log.parts(windows, doubts, judge.sitting)
        except DetectorFailedError as error:
            if len(block) == 1:
                return Tick(failures=(str(error),))
            # The other windows are judged when one of them cannot be counted.
            alone = (self._judge_block([one], judge, carried, doubts) for one in block)
            return sum(alone, Tick())
        recorded = ledger.recorded(self.reader, self.detector, windows)
        done, findings, judged = Tick(), list[Fields](), dict[datetime, bool]()
        said: list[JudgedWindow] = []
        for window, why in block:
            start = window.start
            try:
                heard = Heard(parts.pop(window), carried, partial(self._beside, window, doubts))
                verdict = judge.window(window, why, heard, recorded.get(start, ()))
            except DetectorFailedError as error:
                done += Tick(failures=(str(error),))
                continue
            findings += verdict.changed
            said.append(verdict.judged)
            judged[start] = bool(verdict.found) and not self._is_settled(window)
            done += Tick(windows=1, undetermined=verdict.undetermined)
        settling = [start for start, unsettled in judged.items() if unsettled]
        self._commit(
            state=self._state.judged(judged, settling=settling), findings=findings, judged=said
        )
        return done + _steps(findings)

    def _beside(self, window: Window, doubts: Doubts | None) -> list[Tallies]:
        return [] if doubts is None else list(self._log.beside(window, doubts))

    @property
    def _log(self) -> Log:
        def report(done: int, total: int) -> None:
            # Most windows are read at once.
            if done:
                self.report(f"{self.detector.name}: counting", done, total)

        return Log(self.reader, self.detector, self._positions, self.span, report)

    @property
    def _positions(self) -> dict[str, int]:
        return {STORED: self.reached.until - 1}

    def _is_settled(self, window: Window) -> bool:
        return is_settled(window, self.watermark, self.detector.window)

    def _settle(self) -> Tick:
        starts = self._state.settled(self.detector.window, self.watermark)
        if not starts:
            return Tick()
        windows = [window_of(start, self.detector.window) for start in starts]
        recorded = ledger.recorded(self.reader, self.detector, windows)
        findings = [one for start in starts for one in closing(recorded.get(start, ()))]
        self._commit(state=self._state.without(starts), findings=findings)
        return _steps(findings)


def _steps(findings: Sequence[Fields]) -> Tick:
    said = Counter(fields["status"] for fields in findings)
    return Tick(
        opened=said["opened"],
        updated=said["updated"],
        closed=said["closed"],
        withdrawn=said["withdrawn"],
    )
