"""The log file of one process: kept short, and read back when the process gives up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LARGEST = 8 * 2**20
TOLD_LINES = 5
TOLD_CHARACTERS = 600


@dataclass
class Journal:
    """What one process writes to its output, from run to run.

    Parameters
    ----------
    path
        The file; a full one becomes ``NAME.log.1`` when the process is next started.
    """

    path: Path
    start: int = 0

    def begin(self) -> None:
        """Remember where the next run begins."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        if self.path.stat().st_size > LARGEST:
            self.path.replace(self.path.with_suffix(".log.1"))
            self.path.touch()
        self.start = self.path.stat().st_size

    def said(self) -> bytes:
        """Return everything the process wrote since it began."""
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            return stream.read()

    def last_words(self) -> str:
        """Return the last lines the process wrote, on one line, the end of them if long."""
        lines = self.said().decode(errors="replace").strip().splitlines()
        return " | ".join(lines[-TOLD_LINES:])[-TOLD_CHARACTERS:] or "it said nothing"
