"""The supervisor keeps services in their order, and takes them down against it."""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from commonmode.local.guard import Guard
from commonmode.local.journal import Journal
from commonmode.local.service import Service
from commonmode.local.supervisor import Supervisor

# Tells when it was asked to end, and takes a moment to.
POLITE = """
import signal, sys, time
def end(*_):
    time.sleep(0.2)
    open(sys.argv[1], "a").write(sys.argv[2] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""

MakeService = Callable[..., Service]
WaitUntil = Callable[..., bool]


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard(grace=2) as guard:
        yield guard


@pytest.fixture
def make(tmp_path: Path, guard: Guard) -> MakeService:
    def make(name: str, *after: str) -> Service:
        journal = Journal(tmp_path / f"{name}.log")

        def launch() -> Popen[bytes]:
            journal.begin()
            return guard.popen(
                [sys.executable, "-c", POLITE, str(tmp_path / "ended"), name], journal.path
            )

        return Service(name, journal, guard, launch, lambda: b"up" in journal.said(), after)

    return make


def test_services_start_after_those_they_wait_for_and_stop_before_them(
    make: MakeService, guard: Guard, wait_until: WaitUntil, tmp_path: Path
) -> None:
    services = [make("dashboard", "owner"), make("owner", "broker"), make("broker")]
    supervisor = Supervisor(services, guard, changed=lambda: None)
    supervisor.look()
    first = [service.condition for service in services]

    supervisor.start()
    assert wait_until(supervisor.ready)
    supervisor.stop()

    assert first == ["waiting", "waiting", "starting"]
    assert (tmp_path / "ended").read_text().split() == ["dashboard", "owner", "broker"]


def test_a_killed_service_comes_back_and_the_others_stay(
    make: MakeService, guard: Guard, wait_until: WaitUntil
) -> None:
    owner, broker = make("owner", "broker"), make("broker")
    supervisor = Supervisor([owner, broker], guard, changed=lambda: None)
    supervisor.start()
    assert wait_until(supervisor.ready)
    assert owner.process is not None
    assert broker.process is not None
    others, killed = owner.process.pid, broker.process.pid

    broker.process.kill()

    assert wait_until(lambda: broker.restarts == 1 and supervisor.ready())
    assert broker.process.pid != killed
    assert owner.process.pid == others
    supervisor.stop()


def test_every_change_is_told_and_nothing_else(
    make: MakeService, guard: Guard, wait_until: WaitUntil
) -> None:
    service = make("broker")
    told: list[str] = []
    supervisor = Supervisor([service], guard, changed=lambda: told.append(service.condition))
    supervisor.start()
    assert wait_until(supervisor.ready)
    time.sleep(0.5)
    supervisor.stop()

    assert told == ["starting", "running"]


def test_what_cannot_be_told_now_is_told_later(
    make: MakeService, guard: Guard, wait_until: WaitUntil
) -> None:
    service = make("broker")
    told: list[str] = []
    full = True

    def tell() -> None:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        told.append(service.condition)

    supervisor = Supervisor([service], guard, changed=tell)
    supervisor.start()
    assert wait_until(supervisor.ready)
    full = False

    assert wait_until(lambda: told == ["running"])
    supervisor.stop()


def test_a_killed_guard_is_replaced(make: MakeService, guard: Guard, wait_until: WaitUntil) -> None:
    supervisor = Supervisor([make("broker")], guard, changed=lambda: None)
    supervisor.start()
    assert wait_until(supervisor.ready)
    before = guard.pid

    guard._process.kill()

    assert wait_until(lambda: guard.pid != before)
    supervisor.stop()


def test_a_defect_of_ours_reaches_whoever_waits(
    make: MakeService, guard: Guard, wait_until: WaitUntil
) -> None:
    service = make("broker")

    def broken() -> Popen[bytes]:
        message = "a defect"
        raise RuntimeError(message)

    service.launch = broken
    supervisor = Supervisor([service], guard, changed=lambda: None)
    supervisor.start()

    assert wait_until(lambda: supervisor.defect is not None)
    assert str(supervisor.defect) == "a defect"
    supervisor.stop()
