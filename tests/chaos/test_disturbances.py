"""What befalls a deployment from outside, under load: it ends as if nothing was.

`COMMONMODE_CHAOS_AWAY` says how many seconds a broker stays away in the ordinary run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

import pytest
from tests.chaos.outcome import broken_lives, detected, undisturbed, written
from tests.chaos.whole import COMMONMODE, Feeder, Whole, alive, answers, until

from commonmode.economy import PLANTS, Economy
from commonmode.events import Event
from commonmode.local.broker import Broker
from commonmode.stream import BrokerRefusedError, Connection, Topics
from commonmode.stream.topics import grow

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(0)]

AWAY_SECONDS = float(os.environ.get("COMMONMODE_CHAOS_AWAY", "6"))
SINK = Path(__file__).with_name("sink_process.py")
EVENTS_A_FILE = 2000


@dataclass(frozen=True)
class Stage:
    """What a disturbance can reach: the deployment, the Kafka it uses, and its clock."""

    whole: Whole
    broker: Broker
    clock: Path
    away: float


def broker_goes_away(stage: Stage) -> None:
    """Stop Kafka, and start it again at the same address a while later."""
    address = stage.broker.bootstrap
    stage.broker.stop()
    time.sleep(stage.away)
    assert stage.broker.start() == address


def broker_freezes(stage: Stage) -> None:
    """Stop Kafka in mid-flight: its sockets stand, and nothing answers."""
    process = stage.broker.process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    time.sleep(stage.away)
    process.send_signal(signal.SIGCONT)


def partitions_grow(stage: Stage) -> None:
    """Give the topic of events more partitions, twice: agents move to others."""
    for partitions in (12, 20):
        until(partial(grows, stage.broker, partitions), "the topic grows")
        time.sleep(2)


def grows(broker: Broker, partitions: int) -> bool:
    """Tell whether Kafka makes them: just thawed, it may count itself among the dead."""
    try:
        grow(Connection(broker.bootstrap), Topics().events, partitions)
    except BrokerRefusedError:
        return False
    return True


def second_owner_and_sink(stage: Stage) -> None:
    """Start another owner of the same store, and another sink that feeds the one there is."""
    data, bootstrap = str(stage.whole.data), stage.broker.bootstrap
    owner = subprocess.run(
        [*COMMONMODE, "owner", "--data", data, "-b", bootstrap],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert owner.returncode != 0
    assert "another process holds" in owner.stderr
    sink = subprocess.Popen(
        [sys.executable, str(SINK), data, bootstrap, Topics().events], stdout=subprocess.PIPE
    )
    assert sink.stdout is not None
    with sink.stdout as said:
        assert said.readline() == b"reading\n"
        time.sleep(4)
        sink.terminate()
        assert sink.wait(60) == 0


def clock_goes_back(stage: Stage) -> None:
    """Set the clock of every process of the deployment back by an hour."""
    stage.clock.write_text("-3600\n")
    time.sleep(3)


Disturbance = Callable[[Stage], None]
EVERY: tuple[Disturbance, ...] = (
    broker_goes_away,
    broker_freezes,
    partitions_grow,
    second_owner_and_sink,
    clock_goes_back,
)


def faked_clock(told: Path) -> Mapping[str, str]:
    """Return the variables under which processes read the clock as a file says; Linux only."""
    if sys.platform != "linux":
        pytest.skip("clocks are faked by a library for Linux")
    found = resources.files("libfaketime") / "vendor/libfaketime/src/libfaketime.so.1"
    told.write_text("+0\n")
    return {
        "LD_PRELOAD": str(found),
        "FAKETIME_TIMESTAMP_FILE": str(told),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@pytest.fixture
def broker_apart(tmp_path: Path) -> Iterator[Broker]:
    """A Kafka that the deployment did not start and does not look after."""
    with Broker(tmp_path / "kafka") as running:
        yield running


def disturbed(stage: Stage, logs: Sequence[Path], disturbances: Sequence[Disturbance]) -> None:
    """Pipe all the time, and let one disturbance after the other happen meanwhile."""
    feeder = Feeder(stage.whole.data, logs)
    try:
        feeder.start()
        for disturbance in disturbances:
            until(feeder.is_sending, "something is being sent")
            disturbance(stage)
            until(stage.whole.works, f"all works after: {disturbance.__name__}", 30 + stage.away)
            feeder.killed += 1
        feeder.join()
    finally:
        feeder.end()


QUICK = (broker_goes_away, partitions_grow, second_owner_and_sink)


@pytest.mark.parametrize(
    ("disturbances", "away"),
    [
        pytest.param(QUICK, AWAY_SECONDS, id="some, one after the other"),
        pytest.param(EVERY, AWAY_SECONDS, id="all, one after the other", marks=pytest.mark.slow),
        *(
            pytest.param([one], 60, id=f"{one.__name__}, a minute", marks=pytest.mark.slow)
            for one in EVERY[:2]
        ),
    ],
)
def test_a_disturbed_deployment_ends_as_if_nothing_was(
    tmp_path: Path, broker_apart: Broker, disturbances: Sequence[Disturbance], away: float
) -> None:
    files = len(disturbances) + 3
    events: list[Event] = list(
        Economy(seed=3, events=files * EVENTS_A_FILE, plants=[make() for make in PLANTS])
    )
    sent = len({event.id for event in events})
    logs = written(tmp_path / "logs", events, files)
    clock, data = tmp_path / "clock", tmp_path / "data"
    environment = faked_clock(clock) if clock_goes_back in disturbances else None
    whole = Whole(data, "-b", broker_apart.bootstrap, environment=environment)
    try:
        disturbed(Stage(whole, broker_apart, clock, away), logs, disturbances)
        until(lambda: answers(data, "SELECT count(*) FROM events") >= sent, "all stored")
        whole.down()
    finally:
        whole.end()

    assert alive(data) == []
    assert answers(data, "SELECT count(DISTINCT id) FROM events") == sent
    assert answers(data, "SELECT count(*) FROM events") == sent
    assert detected(data) == undisturbed(tmp_path / "undisturbed", events)
    assert broken_lives(data) == []
