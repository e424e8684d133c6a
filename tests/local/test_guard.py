"""Nothing outlives its parent, however the parent ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commonmode.local.guard import Guard

STUBBORN = """
import signal, subprocess, sys, time
if "--deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


WaitUntil = Callable[..., bool]
Gone = Callable[[int], bool]


@pytest.fixture
def said(wait_until: WaitUntil) -> Callable[[Path], int]:
    """Read the process id that the stubborn one writes."""

    def said(log: Path) -> int:
        assert wait_until(lambda: log.exists() and log.read_bytes().endswith(b"\n"))
        return int(log.read_text())

    return said


@pytest.mark.parametrize("deafness", [[], ["--deaf"]], ids=["obedient", "deaf to SIGTERM"])
def test_stopping_a_process_ends_its_children_too(
    tmp_path: Path,
    deafness: list[str],
    wait_until: WaitUntil,
    gone: Gone,
    said: Callable[[Path], int],
) -> None:
    with Guard(grace=0.5) as guard:
        log = tmp_path / "log"
        process = guard.popen([sys.executable, "-c", STUBBORN, *deafness], log)
        grandchild = said(log)

        guard.stop(process)

        assert process.returncode in (-signal.SIGTERM, -signal.SIGKILL)
        assert wait_until(lambda: gone(grandchild))


def test_closing_the_guard_ends_what_still_runs(
    tmp_path: Path, wait_until: WaitUntil, gone: Gone, said: Callable[[Path], int]
) -> None:
    guard = Guard(grace=0.5)
    process = guard.popen([sys.executable, "-c", STUBBORN], tmp_path / "log")
    grandchild = said(tmp_path / "log")

    guard.close()

    assert process.wait(5) == -signal.SIGTERM
    assert wait_until(lambda: gone(grandchild))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_parent_takes_everything_with_it(
    tmp_path: Path,
    how: signal.Signals,
    wait_until: WaitUntil,
    gone: Gone,
    said: Callable[[Path], int],
) -> None:
    log = tmp_path / "log"
    parent_code = (
        "import sys, time; from pathlib import Path; from commonmode.local.guard import Guard\n"
        "guard = Guard(grace=0.5)\n"
        f"child = guard.popen([sys.executable, '-c', {STUBBORN!r}, '--deaf'], Path({str(log)!r}))\n"
        "print(child.pid, guard.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    child, guard = (int(pid) for pid in parent.stdout.readline().split())
    everybody = [child, said(log), guard]

    parent.send_signal(how)
    parent.wait()
    parent.stdout.close()

    assert wait_until(lambda: all(gone(pid) for pid in everybody))


def test_a_killed_guard_is_replaced_and_still_knows_its_wards(
    tmp_path: Path, wait_until: WaitUntil
) -> None:
    guard = Guard(grace=0.5)
    process = guard.popen([sys.executable, "-c", STUBBORN], tmp_path / "log")
    os.kill(guard.pid, signal.SIGKILL)
    assert wait_until(guard.revive)

    guard.close()

    assert process.wait(5) == -signal.SIGTERM


def test_a_guard_that_is_well_is_left_alone() -> None:
    with Guard() as guard:
        before = guard.pid

        assert not guard.revive()
        assert guard.pid == before
