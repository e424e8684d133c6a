"""A process that lives and does nothing is noticed by a mark that no longer moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 20.0
"""Ten times what a sign of life takes on a machine that is busy with everything else."""

_ASK_EVERY_SECONDS = 1.0

Mark = Callable[[], float]
"""A number that changes, in whatever direction, as long as a process does its work."""


@dataclass
class Heartbeat:
    """Tells when a mark has not moved for too long.

    Parameters
    ----------
    mark
        The mark.
    patience
        Seconds of a clock that stands still while the machine sleeps, as the process does.
    """

    mark: Mark
    patience: float = PATIENCE_SECONDS
    _last: float = 0.0
    _since: float = 0.0

    def begin(self, now: float) -> None:
        """Count from now: the process has just begun."""
        self._last, self._since = self.mark(), now

    def stalled(self, now: float) -> str | None:
        """Return what is wrong at this time, None when nothing is."""
        last = self.mark()
        if last != self._last:
            self._last, self._since = last, now
        if now - self._since <= self.patience:
            return None
        return f"it lives, but has given no sign for {self.patience:.0f} s"


def touched(path: Path) -> Mark:
    """Return the mark of a process that touches a file every second."""
    return lambda: path.stat().st_mtime if path.exists() else 0.0


class Answers:
    """The mark of a server: how often it has answered, asked once a second.

    A frozen process still accepts connections, the kernel does that; it does not answer.

    Parameters
    ----------
    ask
        Asks once and tells whether an answer came; may take its time, nobody waits for it.
    """

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ask")
        self._asked: Future[bool] | None = None
        self._next_at = 0.0
        self._count = 0

    def __call__(self) -> float:
        """Return how many answers came; ask again when it is time."""
        if self._asked is not None and self._asked.done():
            asked, self._asked = self._asked, None
            self._count += asked.result()
        if self._asked is None and time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + _ASK_EVERY_SECONDS
            self._asked = self._pool.submit(self._ask)
        return self._count
