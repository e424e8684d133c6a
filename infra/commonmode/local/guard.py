"""Nothing outlives its parent: a tiny process that ends the others when their parent is gone.

The parent holds the writing end of a pipe whose reading end is the guard's stdin.
Whatever ends the parent, SIGKILL included, closes that pipe; the guard then stops every process
group it was told of. Unlike a parent-death signal this works on macOS too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

GRACE_SECONDS = 10.0
_POLL_SECONDS = 0.05


class Guard:
    """Starts processes that cannot outlive this one.

    Parameters
    ----------
    grace
        Seconds that a process gets between SIGTERM and SIGKILL.
    """

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self._grace = grace
        self._guarded: set[int] = set()
        self._process = self._start()

    @property
    def pid(self) -> int:
        """The guard's own process id."""
        return self._process.pid

    def popen(
        self, command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process in a group of its own, its output appended to `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - commands come from this package
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                start_new_session=True,
            )
        self._guarded.add(process.pid)
        self._tell("watch", process.pid)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """Stop one process and all of its group: SIGTERM, then SIGKILL. Return its exit code."""
        return self._end(process, self._grace)

    def kill(self, process: subprocess.Popen[bytes]) -> int:
        """End one process and all of its group at once. Return its exit code."""
        return self._end(process, 0.0)

    def _end(self, process: subprocess.Popen[bytes], grace: float) -> int:
        end_groups([process.pid], grace, process)
        code = process.wait()
        self._guarded.discard(process.pid)
        self._tell("forget", process.pid)
        return code

    def close(self) -> None:
        """Let the guard go; it ends what is still running first."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait()

    def revive(self) -> bool:
        """Start the guard anew if something killed it. Return whether that was needed."""
        if self._process.poll() is None:
            return False
        if self._process.stdin:
            self._process.stdin.close()
        self._process = self._start()
        for pid in self._guarded:
            self._tell("watch", pid)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, "-IS", __file__, str(self._grace)],
            stdin=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )

    def _tell(self, what: str, pid: int) -> None:
        stdin = self._process.stdin
        # Unbuffered: a guard that died takes this one order with it, and `revive` repeats it.
        with contextlib.suppress(BrokenPipeError):
            if stdin is not None:
                stdin.write(f"{what} {pid}\n".encode())


def end_groups(
    groups: Iterable[int], grace: float, child: subprocess.Popen[bytes] | None = None
) -> None:
    """Ask process groups to end, and after `grace` seconds make them."""
    living = [group for group in groups if _signal(group, signal.SIGTERM)]
    until = time.monotonic() + grace
    while living and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
        if child is not None:
            # A group whose leader nobody has waited for still seems alive.
            child.poll()
        living = [group for group in living if _signal(group, 0)]
    for group in living:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # macOS answers "not permitted" for a group of which only a zombie is left.
        return False
    return True


def watch(orders: IO[str], grace: float) -> None:
    """Keep count of the process groups named on `orders` until it ends, then end them."""
    guarded: dict[int, None] = {}
    for order in orders:
        what, pid = order.split()
        if what == "watch":
            guarded[int(pid)] = None
        else:
            guarded.pop(int(pid), None)
    # The newest first: what was started later leans on what was started before it.
    for group in reversed(guarded):
        end_groups([group], grace)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    watch(sys.stdin, float(sys.argv[1]))
