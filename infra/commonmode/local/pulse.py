"""The sign of life a process gives: it touches a file that whoever started it has named."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PULSE = "COMMONMODE_PULSE"
"""Names the file; a process that is started by hand has none, and gives no sign."""

EVERY_SECONDS = 1.0


def beat() -> None:
    """Give one sign, where somebody looks for it."""
    if named := os.environ.get(PULSE):
        # A disk that is full or read-only is told by who needs it, not by a sign of life.
        with suppress(OSError):
            Path(named).touch()


@contextmanager
def beating() -> Iterator[None]:
    """Give a sign every second while inside, whatever this thread is doing."""
    ended = threading.Event()

    def keep_on() -> None:
        while not ended.wait(EVERY_SECONDS):
            beat()

    beat()
    thread = threading.Thread(target=keep_on, name="pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
