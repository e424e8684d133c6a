"""The services of a plan: what starts each, what tells that it works, what it waits for."""

from __future__ import annotations

from pathlib import Path
from subprocess import Popen
from urllib.parse import urlsplit

import requests

from commonmode.local import node, ports, state
from commonmode.local.broker import Broker
from commonmode.local.guard import Guard
from commonmode.local.heartbeat import Answers, Heartbeat, touched
from commonmode.local.journal import Journal
from commonmode.local.plan import Plan, environment, verb
from commonmode.local.service import Service
from commonmode.stream import BrokerProbe, Connection

_ANSWER_SECONDS = 5.0


class Services:
    """Builds the services of one deployment.

    Parameters
    ----------
    plan
        What to run.
    guard
        Who ends it all should this process die.
    """

    def __init__(self, plan: Plan, guard: Guard) -> None:
        self._plan = plan
        self._guard = guard
        last = state.read(plan.data_dir)
        self.bootstrap = plan.bootstrap
        if plan.own_broker:
            # Chosen once: the other processes are told it and come back to it.
            self._broker = Broker(plan.data_dir, _broker_port(plan), guard)
            self.bootstrap = f"{ports.LOOPBACK}:{self._broker.port}"
        self._flight_port = _port(plan.flight_port, last.flight if last else None)
        self._dashboard_port = _port(plan.dashboard_port, last.dashboard if last else None)
        self.flight = f"grpc://{ports.LOOPBACK}:{self._flight_port}"
        self.dashboard = f"http://{ports.LOOPBACK}:{self._dashboard_port}"

    def all(self) -> list[Service]:
        """Return the services of the plan, each after those it waits for."""
        plan = self._plan
        chosen = [self._owner()]
        if plan.own_broker:
            chosen.insert(0, self._kafka())
        if plan.detect:
            chosen.append(self._beating("detect", "--follow"))
        if plan.watch and plan.kafka:
            chosen.append(self._beating("watch"))
        if plan.dashboard:
            chosen.append(self._dashboard())
        return chosen

    def _kafka(self) -> Service:
        probe = BrokerProbe(Connection(self.bootstrap or ""))
        return Service(
            name="broker",
            journal=self._broker.journal,
            guard=self._guard,
            launch=self._broker.launch,
            is_ready=self._broker.is_ready,
            address=self.bootstrap,
            heartbeat=Heartbeat(Answers(lambda: probe.answers(_ANSWER_SECONDS))),
        )

    def _owner(self) -> Service:
        redact = ("--redact", self._plan.redact) if self._plan.redact else ()
        public = self._plan.public.options() if self._plan.public else ()
        service = self._beating("owner", "--flight-port", str(self._flight_port), *redact, *public)
        service.after = ("broker",) if self._plan.own_broker else ()
        service.is_ready = lambda: ports.answers(self._flight_port)
        service.address = self.flight
        return service

    def _dashboard(self) -> Service:
        port = self._dashboard_port
        service = self._verb("dashboard", "--port", str(port), kafka=False)
        service.is_ready = lambda: ports.answers(port)
        service.address = self.dashboard
        service.heartbeat = Heartbeat(Answers(lambda: _is_healthy(self.dashboard)))
        return service

    def _beating(self, name: str, *options: str) -> Service:
        """Return a service that is ready at its first sign of life, and gives more from then on."""
        pulse = self._plan.data_dir / "run" / f"{name}.pulse"
        mark = touched(pulse)
        service = self._verb(name, *options, pulse=pulse)
        launch, before = service.launch, mark()

        def start() -> Popen[bytes]:
            nonlocal before
            before = mark()
            return launch()

        service.launch = start
        service.is_ready = lambda: mark() != before
        service.heartbeat = Heartbeat(mark)
        return service

    def _verb(
        self, name: str, *options: str, kafka: bool = True, pulse: Path | None = None
    ) -> Service:
        journal = Journal(self._plan.data_dir / "logs" / f"{name}.log")
        bootstrap = self.bootstrap if kafka else None
        command = verb(self._plan, name, bootstrap, *options)

        def launch() -> Popen[bytes]:
            journal.begin()
            return self._guard.popen(command, journal.path, environment(self._plan, pulse))

        return Service(name, journal, self._guard, launch, lambda: True, after=("owner",))


def _is_healthy(dashboard: str) -> bool:
    try:
        # Streamlit's own word for it; told by the loop that serves its pages.
        return requests.get(f"{dashboard}/_stcore/health", timeout=_ANSWER_SECONDS).ok
    except requests.RequestException:
        return False


def _broker_port(plan: Plan) -> int:
    last = node.last_run(plan.data_dir / "kafka")
    return node.choose_ports(last.ports if last else node.Ports(), plan.broker_port).clients


def _port(named: int, last_address: str | None) -> int:
    last = urlsplit(last_address).port if last_address else None
    return ports.named_or_free(named, last or 0)
