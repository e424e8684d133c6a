"""The whole deployment as a user starts it, with a pipe sending, to be killed part by part."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import requests

from commonmode.local.status import status
from commonmode.store import StoreError, connect
from commonmode.stream import BrokerProbe, Connection

COMMONMODE = [sys.executable, "-m", "commonmode.cli.main"]
PARTS = ("broker", "owner", "detect", "watch", "dashboard")
VICTIMS = (*PARTS, "pipe")
PATIENCE_SECONDS = 120.0


def until(true: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> float:
    """Wait until something is true; return how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)
    return time.monotonic() - began


def answers(data: Path, query: str) -> int:
    """Ask the store for one number; -1 while it is away."""
    try:
        with connect(data) as store:
            return int(store.query(query).item())
    except StoreError:
        return -1


class Whole:
    """`commonmode up`, in a process of its own, and what is known of its parts from outside.

    Parameters
    ----------
    data
        The data folder.
    options
        Further options of `up`.
    environment
        Variables that all its processes find beside the usual ones.
    """

    def __init__(
        self, data: Path, *options: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.data = data
        data.mkdir(parents=True)
        with (data / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMONMODE, "up", "--data", str(data), *options],
                stderr=log,
                env={**os.environ, **(environment or {})},
            )
        try:
            until(self._is_up_or_gone, "ready")
            assert self.process.poll() is None, (data / "up.log").read_text()
        except AssertionError:
            self.end()
            raise
        self._broker = BrokerProbe(Connection(self.told()["broker"]))

    def _is_up_or_gone(self) -> bool:
        return self.told()["state"] == "ready" or self.process.poll() is not None

    def told(self) -> dict[str, Any]:
        return status(self.data)

    def part(self, name: str) -> dict[str, Any]:
        return next(dict(one) for one in self.told()["processes"] if one["name"] == name)

    def kill(self, name: str) -> float:
        """Kill one part; return the seconds until everything works again."""
        before = self.part(name)["pid"]
        os.kill(before, signal.SIGKILL)
        return until(lambda: self.part(name)["pid"] != before and self.works(), f"{name} is back")

    def works(self) -> bool:
        """Whether every part says it runs, and those that can be asked answer."""
        parts = self.told()["processes"]
        return (
            all(one["state"] == "running" for one in parts)
            and self._broker.answers(2)
            and answers(self.data, "SELECT 1") == 1
            and requests.get(f"{self.told()['dashboard']}/_stcore/health", timeout=5).ok
        )

    def down(self) -> None:
        subprocess.run([*COMMONMODE, "down", "--data", str(self.data)], check=True, timeout=120)
        self.process.wait(60)

    def end(self) -> None:
        """End what a failed test left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def alive(data: Path) -> list[str]:
    """Return the command lines of processes that work on a data folder, this one aside."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        command = " ".join(process.info["cmdline"] or ())
        if str(data) in command and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(command)
    return found


class Feeder(threading.Thread):
    """Pipes one file after the other, each again until it was sent whole.

    It is never more than two files ahead of the kills, so that every kill meets a load.
    """

    def __init__(self, data: Path, files: Sequence[Path]) -> None:
        super().__init__(name="feeder")
        self.killed = 0
        self.sent = 0
        self.again: list[str] = []
        self._data = data
        self._files = files
        self._ended = threading.Event()
        self._pipe: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        for turn, file in enumerate(self._files):
            while turn > self.killed + 2 and not self._ended.is_set():
                time.sleep(0.01)
            while not self._ended.is_set() and not self._send(file):
                time.sleep(0.2)
            self.sent += 1

    def _send(self, file: Path) -> bool:
        command = [*COMMONMODE, "pipe", "--data", str(self._data), "--json", str(file)]
        with (self._data / "pipe.log").open("ab") as log:
            self._pipe = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        said, _ = self._pipe.communicate()
        if self._pipe.returncode != 0:
            self.again.append(f"{file.name}: {self._pipe.returncode}")
            return False
        assert json.loads(said)["rejected"] == 0
        return True

    def kill(self, moment: random.Random) -> float:
        """Kill the pipe in the middle of a file; return the seconds until that file was sent."""
        until(self.is_sending, "a pipe to kill")
        time.sleep(moment.uniform(0.2, 1.5))
        until(self.is_sending, "a pipe to kill")
        sent = self.sent
        assert self._pipe is not None
        self._pipe.kill()
        return until(lambda: self.sent > sent, "the pipe is back")

    def is_sending(self) -> bool:
        """Whether a pipe runs at this moment."""
        return self._pipe is not None and self._pipe.poll() is None

    def end(self) -> None:
        self._ended.set()
        if self._pipe is not None and self._pipe.poll() is None:
            self._pipe.kill()
        self.join()
