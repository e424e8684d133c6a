"""Wrong tokens wait, each longer than the one before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FIRST_SECONDS = 0.1
MOST_SECONDS = 2.0
FORGOTTEN_SECONDS = 60.0

MOST_WAITING = 32
"""A call that waits holds a thread; more of them are refused without a wait."""


class Delay:
    """Doubles with every wrong token, until there was none for a minute.

    Right tokens never wait, so nobody can keep readers out by guessing.

    Examples
    --------
    >>> waited: list[float] = []
    >>> delay = Delay(clock=lambda: 0.0, sleep=waited.append)
    >>> for _ in range(6):
    ...     delay()
    >>> waited
    [0.1, 0.2, 0.4, 0.8, 1.6, 2.0]
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(MOST_WAITING)
        self._next = FIRST_SECONDS
        self._last = clock()

    def __call__(self) -> None:
        """Wait."""
        seconds = self._grown()
        if self._free.acquire(blocking=False):
            try:
                self._sleep(seconds)
            finally:
                self._free.release()

    def _grown(self) -> float:
        with self._lock:
            now = self._clock()
            if now - self._last > FORGOTTEN_SECONDS:
                self._next = FIRST_SECONDS
            self._last = now
            seconds, self._next = self._next, min(MOST_SECONDS, 2 * self._next)
            return seconds
