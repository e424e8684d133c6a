"""A real Apache Kafka on this machine: one node, loopback only, its log in the data folder."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import NoReturn, Self

from commonmode.local import jars, node, ports
from commonmode.local.errors import BrokerUnavailableError
from commonmode.local.guard import GRACE_SECONDS, Guard
from commonmode.local.identity import Identity
from commonmode.local.java import find_java
from commonmode.local.journal import Journal

_LOGGING = "-Dorg.slf4j.simpleLogger"
JAVA_OPTIONS = (
    "-Xmx512m",
    f"{_LOGGING}.showDateTime=true",
    f"{_LOGGING}.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    # These two write for ever though nothing happens.
    f"{_LOGGING}.log.org.apache.kafka.controller.EventPerformanceMonitor=warn",
    f"{_LOGGING}.log.org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime=warn",
)
READY_SECONDS = 90.0

_STARTED = b"Kafka Server started"
_POLL_SECONDS = 0.05


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
        self.journal = Journal(data_dir / "logs" / "broker.log")
        # Kafka resolves relative paths from a folder of its own choice.
        self._folder = (data_dir / "kafka").resolve()
        self._named_port = port
        self._ports = node.Ports()
        self._guard = guard
        self._own_guard: Guard | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients, ``127.0.0.1:PORT``."""
        return f"{ports.LOOPBACK}:{self._ports.clients}"

    @property
    def port(self) -> int:
        """Port for clients: the named one, or the one taken at the last start."""
        return self._named_port or self._ports.clients

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
        self._wait_ready()
        return self.bootstrap

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the node without waiting for it.

        Raises
        ------
        BrokerUnavailableError
            As `start`, but for Kafka giving up.
        """
        java: list[str | Path] = [find_java().path, *JAVA_OPTIONS, "-cp", jars.class_path()]
        self._wait_for_predecessor()
        last = node.last_run(self._folder)
        self._ports = node.choose_ports(last.ports if last else node.Ports(), self._named_port)
        settings = node.write_settings(self._folder, self._ports)
        node.format_storage(java, self._folder, settings)
        self.journal.begin()
        self._process = self._guarding().popen([*java, "kafka.Kafka", settings], self.journal.path)
        try:
            node.remember(self._folder, node.LastRun(Identity.of(self._process.pid), self._ports))
        except OSError:
            # Nobody could tell that it runs: a second one would be started beside it.
            self.stop()
            raise
        return self._process

    def is_ready(self) -> bool:
        """Whether the node says that it has started, and accepts connections."""
        running = self._process is not None and self._process.poll() is None
        return running and _STARTED in self.journal.said() and ports.answers(self._ports.clients)

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

    def _wait_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while not self.is_ready():
            if self._process is None or self._process.poll() is not None:
                self._give_up("Kafka ended while starting")
            if time.monotonic() > until:
                self._give_up(f"Kafka was not ready after {READY_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _give_up(self, what: str) -> NoReturn:
        self.stop()
        cause = f"{what}: {self.journal.last_words()}"
        raise BrokerUnavailableError(cause, [f"all it said is in {self.journal.path}"])

    def _wait_for_predecessor(self) -> None:
        """Give a node whose parent just died the time to end: two may not share a log."""
        last = node.last_run(self._folder)
        until = time.monotonic() + GRACE_SECONDS
        while last and last.process.lives():
            if time.monotonic() > until:
                cause = f"a broker (process {last.process.pid}) already runs on {self._folder}"
                use_it = f"use it: -b {ports.LOOPBACK}:{last.ports.clients}"
                raise BrokerUnavailableError(cause, [use_it, "or stop it: commonmode down"])
            time.sleep(_POLL_SECONDS)
