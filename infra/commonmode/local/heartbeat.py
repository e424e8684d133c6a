"""A process that lives and does nothing is noticed by the file it no longer writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Heartbeat:
    """Tells when a file that a process writes every second has not changed for too long.

    Parameters
    ----------
    path
        The file.
    patience
        Seconds of a clock that stands still while the machine sleeps, as the process does.
    """

    path: Path
    patience: float = 60.0
    _last: float = 0.0
    _since: float = 0.0

    def begin(self, now: float) -> None:
        """Count from now: the process has just begun."""
        self._last, self._since = self._written(), now

    def stalled(self, now: float) -> str | None:
        """Return what is wrong at this time, None when nothing is."""
        written = self._written()
        if written != self._last:
            self._last, self._since = written, now
        if now - self._since <= self.patience:
            return None
        return f"it lives, but has given no sign for {self.patience:.0f} s"

    def _written(self) -> float:
        return self.path.stat().st_mtime if self.path.exists() else 0.0
