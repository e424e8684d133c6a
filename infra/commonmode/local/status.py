"""What runs on a data folder, where, and how far behind it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from commonmode.local import state
from commonmode.store.lag import STALE_SECONDS, read_lag


def status(data_dir: Path) -> dict[str, Any]:
    """Return addresses, processes and lag; ``state`` is ``down`` when nothing runs.

    ``lag`` is None when nobody measured it within the last seconds: unknown is not zero.
    """
    running = state.running(data_dir)
    return {
        "state": running.state if running else "down",
        "data": str(data_dir),
        "broker": running.broker if running else None,
        "flight": running.flight if running else None,
        "dashboard": running.dashboard if running else None,
        "public": running.public if running else None,
        "processes": [_process(one) for one in running.processes] if running else [],
        "lag": _lag(data_dir) if running else None,
    }


def _process(one: state.ProcessState) -> dict[str, Any]:
    lives = one.process is not None and one.process.lives()
    return {
        "name": one.name,
        "state": one.state if lives or one.state != "running" else "restarting",
        "pid": one.process.pid if one.process else None,
        "restarts": one.restarts,
        "address": one.address,
        "log": one.log,
        "reason": one.reason,
    }


def _lag(data_dir: Path) -> dict[str, int] | None:
    lag = read_lag(data_dir)
    return lag.topics if lag and time.time() - lag.at < STALE_SECONDS else None
