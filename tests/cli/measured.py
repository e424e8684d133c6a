"""Running a verb as its users do, in a process of its own, and how much memory that took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import NamedTuple


class Run(NamedTuple):
    """How a verb ended; `peak` is the most memory it ever held, in MiB."""

    code: int
    out: bytes
    err: bytes
    peak: float


def run(*words: object, stdin: int = subprocess.DEVNULL) -> Run:
    """Run `commonmode WORDS…` to its end."""
    command = [sys.executable, "-m", "commonmode.cli.main", *map(str, words)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        # Linux counts in KiB, macOS in bytes.
        peak = usage.ru_maxrss / (1 if sys.platform == "linux" else 1024) / 1024
        return Run(process.returncode, out.read(), err.read(), peak)
