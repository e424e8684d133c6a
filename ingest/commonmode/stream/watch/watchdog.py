"""A worker that stands still is started anew, in its own place."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

Marks = Mapping[int, int]
"""Partition → offset."""


class Stall:
    """Tells when there was work and none of it was done for too long; pure but for the clock.

    Parameters
    ----------
    patience : float
        Seconds without progress that are too long.

    Examples
    --------
    >>> stall = Stall(patience=60)
    >>> stall.is_stalled(done={0: 5}, ends={0: 9}, now=0)
    False
    >>> stall.is_stalled(done={0: 5}, ends={0: 9}, now=61)
    True
    >>> stall.is_stalled(done={0: 6}, ends={0: 9}, now=62)
    False
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._done: Marks = {}
        self._since: float | None = None

    def is_stalled(self, done: Marks, ends: Marks, now: float) -> bool:
        """Take a look and tell."""
        behind = any(done.get(partition, 0) < end for partition, end in ends.items())
        if not behind or done != self._done or self._since is None:
            self._done, self._since = dict(done), now
            return False
        return now - self._since > self._patience


def start_anew() -> None:
    """Replace this process by itself, as it was called: same pid, nothing remembered."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  our own call


def watch_over(
    done: Callable[[], Marks],
    ends: Callable[[], Marks],
    *,
    patience: float,
    every: float = 5.0,
    on_stall: Callable[[], None] = start_anew,
) -> threading.Thread:
    """Look every few seconds, from a thread of its own, whether a worker still moves.

    A thread, because the event loop is among the things that may stand still.
    """
    stall = Stall(patience)

    def look() -> None:
        while not stall.is_stalled(done(), ends(), time.monotonic()):
            time.sleep(every)
        logger.critical("no progress for %.0f s though there is work: starting anew", patience)
        on_stall()

    thread = threading.Thread(target=look, name="watchdog", daemon=True)
    thread.start()
    return thread
