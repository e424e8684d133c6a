"""How much memory the owner may take: what DuckDB does not count meets a bound of the process."""

from __future__ import annotations

import mmap
import sys
import threading
from pathlib import Path
from typing import Self

import psutil

_CGROUP = Path("/sys/fs/cgroup/memory.max")
_STATM = Path("/proc/self/statm")
_EVERY_SECONDS = 0.05
_OWNER_SHARE = 0.8
_DUCKDB_SHARE = 0.5


def of_machine() -> int:
    """Return the bytes that this machine, or the container on it, has."""
    total = psutil.virtual_memory().total
    try:
        return min(total, int(_CGROUP.read_text("ascii")))
    except (OSError, ValueError):
        return total


def owner_share(machine: int) -> int:
    """Return what the owner may take of a machine's memory.

    >>> owner_share(10_000)
    8000
    """
    return int(machine * _OWNER_SHARE)


def duckdb_share(owner: int) -> str:
    """Return what DuckDB may count for itself of it; the rest is for what it does not count.

    >>> duckdb_share(1_000)
    '500B'
    """
    return f"{int(owner * _DUCKDB_SHARE)}B"


class Bound:
    """Keeps this process from taking more memory than it may: what would go beyond it fails.

    An allocation that fails ends the query that made it, as an error like any other. The system
    bounds what is mapped, and the allocator keeps mapped what it has given back; so the bound is
    set anew, many times a second, to what is mapped now plus what may still be taken. Where the
    system knows no such bound (macOS), nothing is done.

    Parameters
    ----------
    most
        Bytes in memory that this process may take.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        if sys.platform == "linux":
            threading.Thread(target=self._run, name="memory bound", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        import resource  # noqa: PLC0415  not everywhere

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        with _STATM.open("rb", buffering=0) as statm:
            while not self._stop.is_set():
                statm.seek(0)
                allowed = allowance(statm.read(), self._most)
                if hard != resource.RLIM_INFINITY:
                    allowed = min(allowed, hard)
                resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))
                self._stop.wait(_EVERY_SECONDS)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def allowance(statm: bytes, most: int, page: int = mmap.PAGESIZE) -> int:
    """Return how many bytes of data may be mapped, from the system's count of pages.

    >>> allowance(b"900 100 30 1 0 700 0", most=1_000, page=1)
    1600
    """
    pages = statm.split()
    resident, mapped = int(pages[1]) * page, int(pages[5]) * page
    return mapped + max(0, most - resident)
