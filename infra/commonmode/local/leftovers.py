"""What a deployment that was killed may have left: ended before the next one starts."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from commonmode.local import state
from commonmode.local.guard import GRACE_SECONDS, end_groups
from commonmode.local.identity import Identity

_POLL_SECONDS = 0.05


def end_leftovers(data_dir: Path) -> list[Identity]:
    """End the processes of a deployment whose supervisor is gone. Return which had to be ended.

    Its guard does that within seconds; only if that was killed as well is there work left here.
    """
    last = state.read(data_dir)
    if last is None or last.state == "stopped" or last.supervisor.lives():
        return []
    left = [last.guard, *(one.process for one in last.processes if one.process is not None)]
    _wait_for(last.guard)
    orphans = [one for one in left if one.lives()]
    end_groups([one.pid for one in orphans], GRACE_SECONDS)
    state.write(data_dir, msgspec.structs.replace(last, state="stopped"))
    return orphans


def _wait_for(guard: Identity) -> None:
    # The guard takes the processes one after the other, each with its own time of grace.
    until = time.monotonic() + 3 * GRACE_SECONDS
    while guard.lives() and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
