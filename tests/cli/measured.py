"""Running a verb as its users do, in a process of its own, and how much memory that took."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import NamedTuple

# A process counts the memory of the one that it was forked from as its own: Linux keeps the peak
# over exec. So a small one stands between a large test run and what is measured.
_APART = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as peak:
    peak.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Run(NamedTuple):
    """How a verb ended; `peak` is the most memory it ever held, in MiB."""

    code: int
    out: bytes
    err: bytes
    peak: float


def run(*words: object, stdin: int = subprocess.DEVNULL) -> Run:
    """Run `commonmode WORDS…` to its end."""
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.NamedTemporaryFile("r") as peak,
    ):
        verb = [sys.executable, "-m", "commonmode.cli.main", *map(str, words)]
        command = [sys.executable, "-S", "-c", _APART, peak.name, *verb]
        code = subprocess.run(command, stdin=stdin, stdout=out, stderr=err, check=False).returncode
        out.seek(0)
        err.seek(0)
        # Linux counts in KiB, macOS in bytes.
        kib = int(peak.read()) / (1 if sys.platform == "linux" else 1024)
        return Run(code, out.read(), err.read(), kib / 1024)
