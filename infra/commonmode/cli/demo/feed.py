"""What the demo watches: an economy, its first day at once, the rest at a human pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

from commonmode.events import Event, to_table
from commonmode.store import Batch, open_writer
from commonmode.stream import Pipe, Topics

Deliver = Callable[[Iterable[Event]], object]

ROWS = 2_000
"""Events of one batch that goes to the store without a broker."""


class Feed(threading.Thread):
    """Delivers an economy's events until it ends or is stopped.

    Parameters
    ----------
    events : iterable of Event
        In order of arrival.
    deliver : callable
        Takes them; runs until they end.
    history : int
        How many go at once; what is later than them follows at `pace`.
    pace : float
        Events a second after that.
    """

    def __init__(
        self, events: Iterable[Event], deliver: Deliver, *, history: int, pace: float
    ) -> None:
        super().__init__(name="economy", daemon=True)
        self._events = events
        self._deliver = deliver
        self._history = history
        self._pace = pace
        self._enough = threading.Event()
        self.delivered = 0
        self.error: Exception | None = None

    def run(self) -> None:
        """Deliver; what goes wrong is kept for whoever looks after the thread."""
        try:
            self._deliver(self._paced())
        except Exception as error:  # noqa: BLE001  a thread's error is raised by its owner
            self.error = error

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """End after the event at hand, and wait for what is on its way."""
        self._enough.set()
        self.join(timeout=10)

    def _paced(self) -> Iterator[Event]:
        start = time.monotonic()
        for event in self._events:
            due = start + (self.delivered - self._history) / self._pace
            if self.delivered < self._history:
                start = time.monotonic()
            elif self._enough.wait(max(0.0, due - time.monotonic())):
                return
            self.delivered += 1
            yield event
            if self._enough.is_set():
                return


def through_kafka(bootstrap: str) -> Deliver:
    """Deliver to the topic of events."""
    return Pipe(bootstrap, Topics()).run


def into_store(data_dir: Path) -> Deliver:
    """Deliver to the store's owner, leaving Kafka out."""

    def deliver(events: Iterable[Event]) -> None:
        with open_writer(data_dir) as appender:
            for some in batched_by_time(events, ROWS):
                appender.append(Batch(events=to_table(some)))

    return deliver


def batched_by_time(
    events: Iterable[Event], rows: int, *, seconds: float = 0.5
) -> Iterator[list[Event]]:
    """Yield batches of at most `rows`, or of what came within `seconds`.

    Examples
    --------
    >>> from commonmode.events import decode
    >>> one = decode('{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}')
    >>> [len(some) for some in batched_by_time([one] * 5, 2)]
    [2, 2, 1]
    """
    some: list[Event] = []
    began = time.monotonic()
    for event in events:
        some.append(event)
        if len(some) >= rows or time.monotonic() - began > seconds:
            yield some
            some, began = [], time.monotonic()
    if some:
        yield some
