"""One tick at a time: two that count the same new events would count them twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from commonmode.store import make_folder

PATIENCE_SECONDS = 600.0
"""How long to wait for another engine's tick."""


class EngineBusyError(OSError):
    """Another engine's tick on the same store takes too long to wait for."""


@contextmanager
def turn(run_dir: Path, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the turn of a store's engine; a running `detect --follow` gives it up between ticks.

    Parameters
    ----------
    run_dir : Path
        Where the store's running processes say where they are.
    patience : float, optional
        Seconds to wait.

    Raises
    ------
    EngineBusyError
        When the turn did not come.
    StoreUnreachableError
        When nothing can be written there.
    """
    make_folder(run_dir)
    try:
        with FileLock(run_dir / "detect.lock", timeout=patience):
            yield
    except Timeout as error:
        msg = (
            f"another `detect` has been at work on this store for {patience:.0f} seconds. "
            "Hint: wait for it, or stop it"
        )
        raise EngineBusyError(msg) from error
