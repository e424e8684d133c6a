"""Which process is meant: its id alone is not enough, ids are used again."""

from __future__ import annotations

import os

import psutil
from msgspec import Struct

_CLOCK_SET_SECONDS = 5.0


class Identity(Struct, frozen=True):
    """A process, by its id and the moment it started (seconds since the epoch).

    >>> me = Identity.me()
    >>> me.lives(), Identity(me.pid, me.started - 60).lives()
    (True, False)
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        """Identify a process that runs now."""
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def me(cls) -> Identity:
        """Identify this process."""
        return cls.of(os.getpid())

    def lives(self) -> bool:
        """Whether this very process still runs; one that nobody has waited for does not."""
        try:
            process = psutil.Process(self.pid)
            # Setting the clock moves the reckoned start by a little; an id comes round in hours.
            same = abs(process.create_time() - self.started) < _CLOCK_SET_SECONDS
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
