"""A part that is started again under load must not first import what it never uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW_TO_IMPORT = ("pandas", "scipy.stats", "scipy.sparse", "scipy.optimize", "numba", "streamlit")


@pytest.mark.parametrize("verb", ["watch", "pipe"])
def test_what_takes_seconds_to_import_is_not_imported(verb: str) -> None:
    program = f"import sys, commonmode.cli.{verb}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert set(SLOW_TO_IMPORT).isdisjoint(done.stdout.split())
