"""Stopping a deployment from another process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from commonmode.local import state
from commonmode.local.leftovers import end_leftovers

_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.1


def shut_down(data_dir: Path) -> int:
    """Stop what runs on a data folder and wait until all of it is gone.

    A supervisor that does not react is killed; its guard then ends the rest.

    Returns
    -------
    int
        Processes that were stopped, those a killed deployment had left included.
    """
    running = state.running(data_dir)
    if running is None:
        return len(end_leftovers(data_dir))
    os.kill(running.supervisor.pid, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE_SECONDS
    while running.supervisor.lives():
        if time.monotonic() > until:
            os.kill(running.supervisor.pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    end_leftovers(data_dir)
    return sum(1 for one in running.processes if one.process is not None)
