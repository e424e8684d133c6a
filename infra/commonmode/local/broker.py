"""A real Apache Kafka on this machine: one node, loopback only, its log in the data folder."""

import json
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from commonmode.local import jars, ports
from commonmode.local.errors import BrokerUnavailableError
from commonmode.local.guard import GRACE_SECONDS, Guard
from commonmode.local.java import find_java

SETTINGS = Path(__file__).parent / "kafka" / "server.properties"
HEAP = "-Xmx512m"
READY_SECONDS = 90.0

_STARTED = b"Kafka Server started"
_POLL_SECONDS = 0.05
_TOLD_LINES = 5


class Ports(NamedTuple):
    """Where clients connect, and where the node's own controller listens."""

    clients: int
    controller: int


class Broker:
    """One Apache Kafka node of our own, with everything it knows under ``<data>/kafka``.

    It survives a restart and a ``kill -9`` with what it acknowledged, comes back on the same port
    unless somebody took it meanwhile, and ends when the process that started it ends.

    Parameters
    ----------
    data_dir
        The deployment's data folder. The broker's output goes to ``<data>/logs/broker.log``.
    port
        Port for clients; 0 takes the port of last time, or a free one.
    guard
        Who ends the broker should this process die; a guard of its own by default.
    """

    def __init__(self, data_dir: Path, port: int = 0, guard: Guard | None = None) -> None:
        self._folder = data_dir / "kafka"
        self._log = data_dir / "logs" / "broker.log"
        self._port = port
        self._guard = guard
        self._own_guard: Guard | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = Ports(0, 0)
        self._log_start = 0

    @property
    def bootstrap(self) -> str:
        """Address for clients, ``127.0.0.1:PORT``."""
        return f"{ports.LOOPBACK}:{self._ports.clients}"

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The node's process, while there is one."""
        return self._process

    def start(self) -> str:
        """Start the node, wait until it serves, and return its address.

        Raises
        ------
        BrokerUnavailableError
            When Java or the jars cannot be had, the port is taken, another broker runs on the same
            data, or Kafka itself gives up; its last words are in the message.
        """
        self.launch()
        self.wait_ready()
        return self.bootstrap

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the node without waiting for it."""
        java, class_path = find_java().path, jars.class_path()
        self._wait_for_predecessor()
        self._ports = self._choose_ports()
        settings = self._write_settings()
        command: list[str | Path] = [java, HEAP, *_log_settings(), "-cp", class_path]
        self._format(command, settings)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        self._process = self._guarding().popen([*command, "kafka.Kafka", settings], self._log)
        self._remember()
        return self._process

    def wait_ready(self, timeout: float = READY_SECONDS) -> None:
        """Wait until the node says that it started and accepts connections."""
        until = time.monotonic() + timeout
        while not self.is_ready():
            if self._process is None or self._process.poll() is not None:
                self.stop()
                raise BrokerUnavailableError(f"Kafka ended while starting: {self._last_words()}")
            if time.monotonic() > until:
                self.stop()
                raise BrokerUnavailableError(
                    f"Kafka was not ready after {timeout:.0f} s: {self._last_words()}"
                )
            time.sleep(_POLL_SECONDS)

    def is_ready(self) -> bool:
        """Whether the node serves clients now."""
        running = self._process is not None and self._process.poll() is None
        return running and _STARTED in self._said() and ports.answers(self._ports.clients)

    def stop(self) -> None:
        """Stop the node; harmless when it does not run."""
        if self._process is not None:
            self._guarding().stop(self._process)
            self._process = None
        if self._own_guard is not None:
            self._own_guard.close()
            self._own_guard = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _guarding(self) -> Guard:
        if self._guard is not None:
            return self._guard
        if self._own_guard is None:
            self._own_guard = Guard()
        return self._own_guard

    def _format(self, command: list[str | Path], settings: Path) -> None:
        """Give the storage its cluster id, once."""
        if (self._folder / "log" / "meta.properties").exists():
            return
        done = subprocess.run(  # noqa: S603 - Java and jars that were just checked
            [*command, "kafka.tools.StorageTool", "format", "--standalone"]
            + ["-t", _cluster_id(), "-c", settings],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise BrokerUnavailableError(
                f"Kafka could not format {self._folder}: {(done.stderr or done.stdout).strip()}",
                ["look at free space and permissions of that folder"],
            )

    def _write_settings(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        clients = f"PLAINTEXT://{self.bootstrap}"
        controller = f"{ports.LOOPBACK}:{self._ports.controller}"
        path = self._folder / "server.properties"
        path.write_text(
            f"{SETTINGS.read_text(encoding='utf-8')}\n"
            f"listeners={clients},CONTROLLER://{controller}\n"
            f"advertised.listeners={clients},CONTROLLER://{controller}\n"
            f"controller.quorum.bootstrap.servers={controller}\n"
            f"log.dirs={self._folder / 'log'}\n",
            encoding="utf-8",
        )
        return path

    def _choose_ports(self) -> Ports:
        last = self._last_run()
        if self._port and not ports.is_free(self._port):
            raise BrokerUnavailableError(
                f"port {self._port} on {ports.LOOPBACK} is taken",
                ["name another port, or none to get a free one"],
            )
        clients = self._port or ports.free_port(last.get("port", 0))
        return Ports(clients, ports.free_port(last.get("controller_port", 0)))

    def _wait_for_predecessor(self) -> None:
        """Give a node whose parent just died the time to end: two may not share a log."""
        last = self._last_run()
        until = time.monotonic() + GRACE_SECONDS
        while _lives(last):
            if time.monotonic() > until:
                raise BrokerUnavailableError(
                    f"a broker (process {last['pid']}) already runs on {self._folder}",
                    [f"use it: -b {ports.LOOPBACK}:{last['port']}", "or stop it: commonmode down"],
                )
            time.sleep(_POLL_SECONDS)

    def _last_run(self) -> dict[str, float]:
        try:
            told: dict[str, float] = json.loads((self._folder / "broker.json").read_text())
        except (OSError, ValueError):
            return {}
        return told

    def _remember(self) -> None:
        if self._process is None:
            return
        (self._folder / "broker.json").write_text(
            json.dumps(
                {
                    "pid": self._process.pid,
                    "started": psutil.Process(self._process.pid).create_time(),
                    "port": self._ports.clients,
                    "controller_port": self._ports.controller,
                }
            )
        )

    def _said(self) -> bytes:
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    def _last_words(self) -> str:
        lines = self._said().decode(errors="replace").strip().splitlines()
        return " | ".join(lines[-_TOLD_LINES:]) + f" (all of it: {self._log})"


def _log_settings() -> list[str]:
    logger = "-Dorg.slf4j.simpleLogger"
    return [f"{logger}.showDateTime=true", f"{logger}.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX"]


def _cluster_id() -> str:
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _lives(run: dict[str, float]) -> bool:
    try:
        process = psutil.Process(int(run["pid"]))
        return process.create_time() == run["started"] and process.status() != psutil.STATUS_ZOMBIE
    except (KeyError, psutil.NoSuchProcess):
        return False
