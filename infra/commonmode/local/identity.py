"""Which process is meant: its id alone is not enough, ids are used again."""

from __future__ import annotations

import psutil
from msgspec import Struct


class Identity(Struct, frozen=True):
    """A process, by its id and the moment it started (seconds since the epoch).

    >>> import os
    >>> me = Identity.of(os.getpid())
    >>> me.lives(), Identity(me.pid, me.started - 60).lives()
    (True, False)
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        """Identify a process that runs now."""
        return cls(pid, psutil.Process(pid).create_time())

    def lives(self) -> bool:
        """Whether this very process still runs; one that nobody has waited for does not."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.started
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
