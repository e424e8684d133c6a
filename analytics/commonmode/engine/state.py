"""What a detector has read and still has to judge: state, and its pure transitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from commonmode.detectors import Window
from commonmode.engine.windows import window_of


class Pending(Struct, frozen=True):
    """Why a window waits to be judged.

    Attributes
    ----------
    added : int
        Events that came since it was last judged.
    carried : int
        Events that came since into *earlier* windows and are carried into this one.
    judged : bool
        Whether it was judged before, so that what came is late.
    """

    added: int = 0
    carried: int = 0
    judged: bool = False

    def plus(self, other: Pending) -> Pending:
        """Return both reasons as one."""
        return Pending(
            self.added + other.added, self.carried + other.carried, self.judged or other.judged
        )


class State(Struct, frozen=True):
    """Where one detector, with one version and one set of parameters, has come to.

    Attributes
    ----------
    pending : dict of datetime to Pending
        Starts of the windows that hold events not yet judged: open ones and re-opened ones.
    settling : tuple of datetime
        Starts of the windows whose findings are opened and not yet closed.
    latest : datetime or None
        Start of the latest window that has events; only what holds before its end can be carried
        on into a window that stands.
    heard : int
        Last row of `finding_events` that was searched for findings of the live watch.
    failure : str
        What went wrong at the last tick; empty when nothing did.
    """

    pending: dict[datetime, Pending] = {}
    settling: tuple[datetime, ...] = ()
    latest: datetime | None = None
    heard: int = 0
    failure: str = ""

    def touched(self, windows: Mapping[datetime, Pending]) -> State:
        """Return the state after new events: the windows they touch are pending."""
        pending = dict(self.pending)
        for start, reason in windows.items():
            pending[start] = pending.get(start, Pending()).plus(reason)
        latest = max((*windows, *([self.latest] if self.latest else ())), default=None)
        return msgspec.structs.replace(self, pending=pending, latest=latest)

    def closed(
        self, length: timedelta, watermark: datetime | None, *, final: bool
    ) -> list[tuple[Window, Pending]]:
        """Return the pending windows that can be judged now, in order of time."""
        windows = [(window_of(start, length), why) for start, why in self.pending.items()]
        return sorted(
            ((w, why) for w, why in windows if final or (watermark and w.end <= watermark)),
            key=lambda item: item[0],
        )

    def judged(self, windows: Iterable[datetime], *, settling: Iterable[datetime]) -> State:
        """Return the state after judging windows, some of which have findings to settle."""
        done = set(windows)
        kept = {start: why for start, why in self.pending.items() if start not in done}
        unsettled = tuple(sorted({*self.settling, *settling}))
        return msgspec.structs.replace(self, pending=kept, settling=unsettled)

    def settled(self, length: timedelta, watermark: datetime | None) -> list[datetime]:
        """Return the windows whose findings close now: the window after them closed unrevised."""
        return [s for s in self.settling if is_settled(window_of(s, length), watermark, length)]

    def without(self, settled: Iterable[datetime]) -> State:
        """Return the state after the findings of some windows were closed."""
        done = set(settled)
        return msgspec.structs.replace(
            self, settling=tuple(start for start in self.settling if start not in done)
        )

    def listened(self, heard: int, windows: Iterable[datetime]) -> State:
        """Return the state after the live watch was heard: what it found waits for judgement."""
        after = self.touched({start: Pending() for start in windows})
        return msgspec.structs.replace(after, heard=heard, latest=self.latest)

    def failed(self, failure: str) -> State:
        """Return the state with what went wrong written down."""
        return msgspec.structs.replace(self, failure=failure)


def is_settled(window: Window, watermark: datetime | None, length: timedelta) -> bool:
    """Return whether the window that follows has closed, too.

    Examples
    --------
    >>> window = window_of(datetime.fromisoformat("2026-01-01T10:00Z"), timedelta(hours=1))
    >>> is_settled(window, datetime.fromisoformat("2026-01-01T12:00Z"), timedelta(hours=1))
    True
    """
    return watermark is not None and watermark - window.end >= length


def encode(state: State) -> bytes:
    """Write a state down as JSON, so that people can read the table it stands in."""
    return msgspec.json.encode(state)


def decode(data: bytes | None) -> State:
    """Read a state back; nothing stored means nothing done."""
    return msgspec.json.decode(data, type=State) if data else State()
