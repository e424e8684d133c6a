"""The deployment as one: it runs what was asked for, keeps it running, and leaves nothing."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commonmode.local import state
from commonmode.local.deployment import Deployment
from commonmode.local.errors import AlreadyRunningError, PortTakenError, StartFailedError
from commonmode.local.identity import Identity
from commonmode.local.leftovers import end_leftovers
from commonmode.local.status import status
from commonmode.store import Writer, connect
from commonmode.stream import BrokerUnreachableError

pytestmark = pytest.mark.kafka

WaitUntil = Callable[..., bool]
Gone = Callable[[int], bool]
OWNER_ONLY = ["--no-watch", "--no-detect", "--no-dashboard"]


def owner_only(
    data_dir: Path, bootstrap: str | None, topic: str = "commonmode.events"
) -> Deployment:
    return Deployment(
        data_dir,
        bootstrap,
        broker=bootstrap is not None,
        watch=False,
        detect=False,
        dashboard=False,
        topic=topic,
    )


def pids(told: dict[str, Any]) -> dict[str, int]:
    return {one["name"]: one["pid"] for one in told["processes"]}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, broker: str) -> Iterator[Deployment]:
    """The owner of a store alone, on a Kafka that stands already."""
    folder = tmp_path_factory.mktemp("deployment")
    with owner_only(folder, broker, "local.deployment.events") as deployment:
        yield deployment


def test_a_kafka_that_stands_is_used_and_none_is_started(running: Deployment, broker: str) -> None:
    told = running.status()

    assert told["state"] == "ready"
    assert told["broker"] == broker
    assert list(pids(told)) == ["owner"]
    assert not (running.data_dir / "kafka").exists()


def test_the_store_answers_queries(running: Deployment) -> None:
    with connect(running.data_dir) as store:
        assert store.query("SELECT count(*) AS n FROM events")["n"].to_list() == [0]


def test_lag_is_measured_for_each_topic(running: Deployment, wait_until: WaitUntil) -> None:
    assert wait_until(lambda: running.status()["lag"] is not None)

    lag = running.status()["lag"]

    assert lag is not None
    assert set(lag.values()) <= {0}


def test_a_killed_owner_is_started_again_at_the_same_address(
    running: Deployment, wait_until: WaitUntil
) -> None:
    before = running.status()
    os.kill(pids(before)["owner"], signal.SIGKILL)

    def back() -> bool:
        (owner,) = running.status()["processes"]
        return bool(owner["restarts"] == 1 and owner["state"] == "running")

    assert wait_until(back, 60)
    after = running.status()
    assert after["flight"] == before["flight"]
    assert after["processes"][0]["reason"] == "killed by SIGKILL"


def test_a_second_deployment_on_the_same_folder_is_refused(running: Deployment) -> None:
    with pytest.raises(AlreadyRunningError, match=r"(?s)already.*commonmode down stops it"):
        owner_only(running.data_dir, running.bootstrap).start()

    assert running.status()["state"] == "ready"


def test_it_runs_without_any_kafka(tmp_path: Path) -> None:
    with owner_only(tmp_path, None) as deployment:
        told = deployment.status()

    assert (told["broker"], told["lag"]) == (None, None)
    assert list(pids(told)) == ["owner"]
    assert deployment.status()["state"] == "down"


def test_a_kafka_that_does_not_answer_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnreachableError, match=r"127\.0\.0\.1:1 cannot be reached"):
        owner_only(tmp_path, "127.0.0.1:1").start()

    assert state.running(tmp_path) is None


def test_a_port_that_was_named_and_is_taken_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]

        with pytest.raises(PortTakenError, match=f"port {port} .*taken"):
            Deployment(tmp_path, broker=False, dashboard_port=port).start()


def test_a_part_that_cannot_start_says_why_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonmode.local.deployment.ATTEMPTS", 1)
    with (
        Writer(tmp_path),
        pytest.raises(StartFailedError, match=r"(?s)owner does not start: .*owner\.log"),
    ):
        owner_only(tmp_path, None).start()

    assert state.running(tmp_path) is None


def test_what_a_killed_deployment_and_its_killed_guard_left_is_ended(
    tmp_path: Path, gone: Gone, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The orphan's parent is this test, which cannot wait for it meanwhile.
    monkeypatch.setattr("commonmode.local.leftovers.GRACE_SECONDS", 0.3)
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    orphan = subprocess.Popen(sleeper, start_new_session=True)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    identity = Identity.of(dead.pid)
    dead.wait()
    owner = state.ProcessState(
        name="owner", state="running", log="", process=Identity.of(orphan.pid)
    )
    state.write(
        tmp_path,
        state.DeploymentState(
            supervisor=identity, guard=identity, state="ready", processes=(owner,)
        ),
    )

    ended = end_leftovers(tmp_path)

    assert [one.pid for one in ended] == [orphan.pid]
    assert gone(orphan.pid)
    orphan.wait()
    assert end_leftovers(tmp_path) == []


def start_up(data_dir: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "commonmode.cli.main", "up", "--data", str(data_dir)]
    return subprocess.Popen(
        [*command, *options], stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def everybody(data_dir: Path) -> list[int]:
    running = state.running(data_dir)
    assert running is not None
    parts = [one.process.pid for one in running.processes if one.process is not None]
    return [running.supervisor.pid, running.guard.pid, *parts]


@pytest.fixture
def started(
    tmp_path: Path, wait_until: WaitUntil
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``up`` on the test's own folder and wait until it is ready."""
    children: list[subprocess.Popen[str]] = []

    def ready() -> bool:
        running = state.running(tmp_path)
        return running is not None and running.state == "ready"

    def started(*options: str) -> subprocess.Popen[str]:
        children.append(start_up(tmp_path, *options))
        assert wait_until(ready, 120)
        return children[-1]

    yield started
    for child in children:
        if child.poll() is None:
            child.terminate()
            child.communicate()
        assert child.stderr is not None
        child.stderr.close()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(
    tmp_path: Path,
    number: signal.Signals,
    broker: str,
    gone: Gone,
    started: Callable[..., subprocess.Popen[str]],
) -> None:
    up = started(*OWNER_ONLY, "-b", broker, "-t", "local.signal.events")
    living = everybody(tmp_path)

    up.send_signal(number)
    _, said = up.communicate(timeout=60)

    assert up.returncode == 130
    assert all(gone(pid) for pid in living)
    assert len(living) == 3
    assert "Everything is stopped." in said
    assert state.running(tmp_path) is None


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_kill_9_of_the_parent_nothing_lives_and_the_next_one_starts(
    tmp_path: Path,
    wait_until: WaitUntil,
    gone: Gone,
    started: Callable[..., subprocess.Popen[str]],
) -> None:
    up = started(*OWNER_ONLY)
    before, living = status(tmp_path), everybody(tmp_path)

    up.kill()
    up.communicate()

    assert wait_until(lambda: all(gone(pid) for pid in living), 40)
    assert len(living) == 4
    started(*OWNER_ONLY)
    after = status(tmp_path)
    assert (after["broker"], after["flight"]) == (before["broker"], before["flight"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_everything_runs_detached_survives_kill_9_of_each_part_and_goes_down(
    tmp_path: Path, wait_until: WaitUntil, gone: Gone
) -> None:
    commonmode = [sys.executable, "-m", "commonmode.cli.main"]
    subprocess.run([*commonmode, "up", "--detach", "--data", str(tmp_path)], check=True)
    before = status(tmp_path)
    for pid in pids(before).values():
        os.kill(pid, signal.SIGKILL)

    def back() -> bool:
        parts = status(tmp_path)["processes"]
        return all(one["restarts"] >= 1 and one["state"] == "running" for one in parts)

    came_back = wait_until(back, 180)
    after, living = status(tmp_path), everybody(tmp_path)
    subprocess.run([*commonmode, "down", "--data", str(tmp_path)], check=True)

    assert list(pids(before)) == ["broker", "owner", "detect", "watch", "dashboard"]
    assert came_back, after
    for address in ("broker", "flight", "dashboard"):
        assert after[address] == before[address]
    assert all(gone(pid) for pid in living)
    assert status(tmp_path)["state"] == "down"
