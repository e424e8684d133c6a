"""A service is started, watched, and started again; time is passed in, processes are real."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.local.errors import BrokerUnavailableError
from commonmode.local.guard import Guard
from commonmode.local.heartbeat import Heartbeat, touched
from commonmode.local.journal import Journal
from commonmode.local.service import BackOff, Service

LASTING = "import time; time.sleep(600)"
FAILING = "import sys; sys.exit('the disk is full')"

MakeService = Callable[..., Service]


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(grace=0.5) as guard:
        yield guard


@pytest.fixture
def make(tmp_path: Path, guard: Guard) -> Iterator[MakeService]:
    made: list[Service] = []

    def make(code: str = LASTING, ready: Callable[[], bool] = lambda: True) -> Service:
        journal = Journal(tmp_path / "log")

        def launch() -> subprocess.Popen[bytes]:
            journal.begin()
            return guard.popen([sys.executable, "-c", code], journal.path)

        made.append(Service("test", journal, guard, launch, ready))
        return made[-1]

    yield make
    for service in made:
        service.stop()


def wait_for_end(service: Service) -> None:
    assert service.process is not None
    service.process.wait(10)


def test_it_waits_until_it_may_start(make: MakeService) -> None:
    service = make()

    service.tick(0, may_start=False)

    assert service.condition == "waiting"
    assert service.process is None


def test_it_is_starting_until_it_is_ready(make: MakeService) -> None:
    ready: list[bool] = []
    service = make(ready=lambda: bool(ready))
    service.tick(0, may_start=True)
    service.tick(1, may_start=True)
    before = service.condition
    ready.append(True)
    service.tick(2, may_start=True)

    assert (before, service.condition) == ("starting", "running")


def test_what_dies_is_started_again_after_a_pause(make: MakeService) -> None:
    service = make()
    service.tick(0, may_start=True)
    assert service.process is not None
    first = service.process.pid
    service.process.kill()
    wait_for_end(service)
    service.tick(10, may_start=True)
    service.tick(10.4, may_start=True)
    during = service.condition
    service.tick(10.6, may_start=True)

    assert during == "restarting"
    assert service.condition == "starting"
    assert service.process is not None
    assert service.process.pid != first
    assert service.reason == "killed by SIGKILL"


def test_the_reason_is_in_the_process_s_own_words(make: MakeService) -> None:
    service = make(FAILING)
    service.tick(0, may_start=True)
    wait_for_end(service)
    service.tick(1, may_start=True)

    assert service.reason == "ended with exit code 1: the disk is full"
    assert service.state().restarts == 1


def test_one_that_never_gets_ready_is_started_again(make: MakeService) -> None:
    service = make(ready=lambda: False)
    service.tick(0, may_start=True)
    service.tick(service.patience + 1, may_start=True)

    assert service.condition == "restarting"
    assert service.reason == "not ready after 120 s"


def test_one_that_lives_and_does_nothing_is_started_again(
    make: MakeService, tmp_path: Path
) -> None:
    service = make()
    service.heartbeat = Heartbeat(touched(tmp_path / "beat"), patience=50)
    for now in (0, 1, 51):
        service.tick(now, may_start=True)
    before = service.condition
    service.tick(52, may_start=True)

    assert before == "running"
    assert service.condition == "restarting"
    assert service.reason == "it lives, but has given no sign for 50 s"


def test_one_that_is_frozen_is_ended_at_once(make: MakeService, tmp_path: Path) -> None:
    service = make()
    service.heartbeat = Heartbeat(touched(tmp_path / "beat"), patience=50)
    for now in (0, 1):
        service.tick(now, may_start=True)
    process = service.process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    service.tick(52, may_start=True)

    assert process.poll() == -signal.SIGKILL


def test_a_disk_that_is_full_is_waited_for(make: MakeService) -> None:
    service = make()
    launch = service.launch

    def full() -> subprocess.Popen[bytes]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/node.json")

    service.launch = full
    for now in (0, 0.4, 0.6, 1.5, 1.7):
        service.tick(now, may_start=True)
    reason, attempts = service.reason, service.restarts
    service.launch = launch
    service.tick(9, may_start=True)

    assert reason is not None
    assert "No space left on device: '/data/node.json'" in reason
    assert attempts == 3, "the pauses between attempts grow"
    assert service.condition == "starting"


def test_what_cannot_be_started_says_why_and_is_tried_again(make: MakeService) -> None:
    service = make()
    launch, error = service.launch, BrokerUnavailableError("no Java")

    def unavailable() -> subprocess.Popen[bytes]:
        raise error

    service.launch = unavailable
    service.tick(0, may_start=True)
    reason, told = service.reason, service.error
    service.launch = launch
    service.tick(1, may_start=True)

    assert reason == "no Java"
    assert told is error
    assert (service.condition, service.error) == ("starting", None)


def test_stopping_is_for_good(make: MakeService) -> None:
    service = make()
    service.tick(time.monotonic(), may_start=True)
    process = service.process
    assert process is not None

    service.stop()

    assert process.poll() is not None
    assert service.state().state == "stopped"


@given(runs=st.lists(st.floats(min_value=0, max_value=9.9), min_size=1, max_size=20))
def test_pauses_grow_to_a_limit_and_a_good_run_makes_them_short_again(runs: list[float]) -> None:
    pauses = BackOff()

    taken = [pauses.after(seconds) for seconds in runs]

    assert taken == sorted(taken)
    assert taken[0] == pauses.shortest
    assert taken[-1] <= pauses.longest
    assert pauses.after(pauses.good_run) == pauses.shortest
