"""The one-machine deployment: broker, owner of the store, detection, watch and dashboard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from commonmode.events import Level
from commonmode.local import jars, state
from commonmode.local.errors import (
    AlreadyRunningError,
    FolderUnwritableError,
    StartFailedError,
)
from commonmode.local.guard import Guard
from commonmode.local.identity import Identity
from commonmode.local.java import find_java
from commonmode.local.leftovers import end_leftovers
from commonmode.local.plan import Plan
from commonmode.local.services import Services
from commonmode.local.status import status
from commonmode.local.supervisor import Supervisor
from commonmode.store import PublicAddress
from commonmode.stream import Connection, Topics, ensure

ATTEMPTS = 3
_POLL_SECONDS = 0.1


def ignore(_state: state.DeploymentState) -> None:
    """Take no notice."""


class Deployment:
    """Everything one machine runs, kept running until `stop`, and gone when this process is.

    Parameters
    ----------
    data_dir
        The data folder: store, Kafka's log, logs of the processes, addresses.
    bootstrap
        Address of a Kafka that stands already; None starts one here.
    broker, watch, detect, dashboard
        Which parts to run. Without a broker, and with no `bootstrap`, there is no Kafka at all.
    topic
        Topic of events.
    client_properties
        TLS and SASL for a Kafka that stands already.
    redact
        What is taken out of records between Kafka and the store; None: nothing.
    public
        Where others may read the store as well; None: nowhere.
    broker_port, flight_port, dashboard_port
        Ports on loopback; 0 takes the one of last time, or a free one.
    changed
        Called, from another thread, with the new state whenever a process changes its own.

    Examples
    --------
    >>> with Deployment(Path("data")) as running:  # doctest: +SKIP
    ...     running.bootstrap, running.dashboard
    ('127.0.0.1:40411', 'http://127.0.0.1:35077')
    """

    def __init__(  # noqa: PLR0913  each is one switch of `up`
        self,
        data_dir: Path,
        bootstrap: str | None = None,
        *,
        broker: bool = True,
        watch: bool = True,
        detect: bool = True,
        dashboard: bool = True,
        topic: str = "commonmode.events",
        client_properties: Mapping[str, str] | None = None,
        redact: Level | None = None,
        public: PublicAddress | None = None,
        broker_port: int = 0,
        flight_port: int = 0,
        dashboard_port: int = 0,
        changed: Callable[[state.DeploymentState], None] = ignore,
    ) -> None:
        self._plan = Plan(
            data_dir=data_dir.resolve(),
            bootstrap=bootstrap,
            broker=broker,
            watch=watch,
            detect=detect,
            dashboard=dashboard,
            topic=topic,
            client_properties=client_properties or {},
            redact=redact,
            public=public,
            broker_port=broker_port,
            flight_port=flight_port,
            dashboard_port=dashboard_port,
        )
        self._changed = changed
        self._stage: state.Stage = "starting"
        self._lock = FileLock(self.data_dir / "run" / "deployment.lock")
        self._guard: Guard | None = None
        self._services: Services | None = None
        self._supervisor: Supervisor | None = None
        self._stopped = threading.Event()

    @property
    def data_dir(self) -> Path:
        """The data folder."""
        return self._plan.data_dir

    @property
    def bootstrap(self) -> str | None:
        """Address of Kafka, None without one."""
        return self._services.bootstrap if self._services else self._plan.bootstrap

    @property
    def flight(self) -> str | None:
        """Address of the store's owner, once started."""
        return self._services.flight if self._services else None

    @property
    def dashboard(self) -> str | None:
        """Address of the dashboard, None without one."""
        shown = self._services and self._plan.dashboard
        return self._services.dashboard if self._services and shown else None

    def start(self) -> Self:
        """Start every part, and return when all of them work.

        Raises
        ------
        BrokerUnavailableError
            When a broker was wanted here and cannot be had.
        BrokerUnreachableError
            When the one that was named does not answer.
        AlreadyRunningError
            When a deployment runs on this folder.
        FolderUnwritableError
            When nothing can be written there.
        PortTakenError
            When somebody listens on a port that was named.
        StartFailedError
            When another part does not come up.
        """
        self._take_folder()
        try:
            end_leftovers(self.data_dir)
            self._prepare()
            self._wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def wait(self, timeout: float | None = None) -> None:
        """Wait until `stop` is called, or for `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while until is None or time.monotonic() < until:
            if self._stopped.wait(_POLL_SECONDS):
                return
            self._raise_defect()

    def stop(self) -> None:
        """Stop every part, the broker last; harmless when nothing runs."""
        if self._supervisor is not None:
            self._enter("stopping")
            self._supervisor.stop()
            self._enter("stopped")
            self._supervisor = None
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        self._lock.release()
        self._stopped.set()

    def status(self) -> dict[str, Any]:
        """Return what ``commonmode status --json`` prints."""
        return status(self.data_dir)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _take_folder(self) -> None:
        try:
            Path(self._lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise AlreadyRunningError(self.data_dir) from error
        except OSError as error:
            raise FolderUnwritableError(self.data_dir, error) from error

    def _prepare(self) -> None:
        if self._plan.own_broker:
            # First of all: what may take long, or turn out to be missing.
            find_java()
            jars.class_path()
        elif self._plan.bootstrap is not None:
            ensure(
                Connection(self._plan.bootstrap, dict(self._plan.client_properties)),
                Topics.named(self._plan.topic),
            )
        self._guard = Guard()
        self._services = Services(self._plan, self._guard)
        self._supervisor = Supervisor(self._services.all(), self._guard, self._publish)
        self._supervisor.tell()
        self._supervisor.start()

    def _wait_ready(self) -> None:
        while self._supervisor is not None and not self._supervisor.ready():
            self._raise_defect()
            for service in self._supervisor.services:
                if service.error is not None:
                    raise service.error
                if service.restarts >= ATTEMPTS:
                    raise StartFailedError(
                        service.name, service.reason or "it ended", service.journal.path
                    )
            time.sleep(_POLL_SECONDS)
        self._enter("ready")

    def _raise_defect(self) -> None:
        if self._supervisor is not None and self._supervisor.defect is not None:
            raise self._supervisor.defect

    def _enter(self, stage: state.Stage) -> None:
        self._stage = stage
        if self._supervisor is not None:
            self._supervisor.tell()

    def _publish(self) -> None:
        if self._supervisor is None or self._guard is None:
            return
        shown = state.DeploymentState(
            supervisor=Identity.me(),
            guard=Identity.of(self._guard.pid),
            state=self._stage,
            broker=self.bootstrap,
            flight=self.flight,
            dashboard=self.dashboard,
            public=self._plan.public.uri if self._plan.public else None,
            processes=tuple(service.state() for service in self._supervisor.services),
        )
        self._changed(shown)
        state.write(self.data_dir, shown)
