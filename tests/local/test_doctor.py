"""The doctor finds each ailment where there is one, and nothing where there is none."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest
from click.testing import CliRunner
from kafka.admin import ConfigResource, ConfigResourceType
from tests.local.conftest import WaitUntil
from tests.stream.conftest import actions

from commonmode.cli.main import cli
from commonmode.local import doctor, state
from commonmode.local.doctor import CHECKS, Diagnosis, Patient
from commonmode.local.identity import Identity
from commonmode.store import Appended, Batch, Writer, store_path
from commonmode.store.lag import EVERY_SECONDS, Lag, LagJournal
from commonmode.stream import Connection, Pipe, Sink, Topics, ensure
from commonmode.stream.topics import administration

kafka = pytest.mark.kafka


def told(check: str, patient: Patient) -> Diagnosis:
    return CHECKS[check](patient)


def asked(*arguments: str | Path) -> tuple[int, dict[str, dict[str, str]]]:
    """Run the verb; return its exit code and what it found, by check."""
    result = CliRunner().invoke(cli, ["doctor", "--json", *map(str, arguments)])
    return result.exit_code, {one["name"]: one for one in json.loads(result.stdout)["checks"]}


@pytest.fixture
def topics(broker: str) -> Topics:
    """Topics of this test's own, as the stream makes them."""
    made = Topics.named(f"{uuid4().hex[:12]}.events")
    ensure(Connection(broker), made)
    return made


@kafka
def test_a_sound_machine_is_told_all_is_well(tmp_path: Path, broker: str, topics: Topics) -> None:
    with Writer(tmp_path):
        pass
    code, found = asked("--data", tmp_path, "-b", broker, "-t", topics.events)

    assert {name: one["verdict"] for name, one in found.items()} == dict.fromkeys(CHECKS, "ok")
    assert code == 0
    assert not any(one["remedy"] for one in found.values())


@pytest.mark.usefixtures("no_java")
def test_missing_java_ends_with_4_and_says_how_to_name_one(tmp_path: Path) -> None:
    code, found = asked("--data", tmp_path)

    assert (code, found["java"]["verdict"]) == (4, "error")
    assert "JAVA_HOME" in found["java"]["remedy"]


@contextmanager
def somebody_listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_asked_for_and_taken_ends_with_4_and_names_who_has_it(tmp_path: Path) -> None:
    with somebody_listening() as port:
        code, found = asked("--data", tmp_path, "--port", str(port))

    assert (code, found["ports"]["verdict"]) == (4, "error")
    assert f"{port} is taken by" in found["ports"]["found"]
    assert f"pid {os.getpid()}" in found["ports"]["found"]


def test_a_port_of_last_time_that_is_taken_is_a_warning(tmp_path: Path) -> None:
    me = Identity.me()
    with somebody_listening() as port:
        last = state.DeploymentState(me, me, "stopped", flight=f"grpc://127.0.0.1:{port}")
        state.write(tmp_path, last)
        found = told("ports", Patient(data_dir=tmp_path))

    assert found.verdict == "warning"
    assert f"{port}, as last time" in found.found


@kafka
@pytest.mark.parametrize(("wrong", "which"), [(30.0, "ahead of"), (-30.0, "behind")])
def test_a_clock_far_from_the_brokers_is_a_warning(
    tmp_path: Path, broker: str, wrong: float, which: str
) -> None:
    patient = Patient(
        data_dir=tmp_path, connection=Connection(broker), now=lambda: time.time() + wrong
    )
    found = told("broker clock", patient)

    assert found.verdict == "warning"
    assert which in found.found
    assert "30." in found.found or "29." in found.found
    assert "NTP" in found.remedy


def test_a_clock_that_went_back_is_a_warning(tmp_path: Path) -> None:
    later = time.time() + 3600
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "lag.json").touch()
    os.utime(tmp_path / "run" / "lag.json", (later, later))

    assert told("clock", Patient(data_dir=tmp_path)).verdict == "warning"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 16 MiB."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_disk_nearly_full_is_a_warning_and_asking_makes_no_folder(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        found = told("disk", Patient(data_dir=disk / "new"))

        assert found.verdict == "warning"
        assert "0.0 GiB free" in found.found
        assert not (disk / "new").exists()


def test_a_smaller_reserve_of_disk_is_enough_when_little_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.folder, "LEAST_FREE_DISK", 2**62)
    patient = Patient(data_dir=tmp_path)
    before = told("disk", patient).verdict
    monkeypatch.setattr(doctor.folder, "LEAST_FREE_DISK", 1)

    assert (before, told("disk", patient).verdict) == ("warning", "ok")


@kafka
@pytest.mark.parametrize(
    "altered",
    [("retention.ms", "604800000"), ("retention.bytes", "1048576"), ("cleanup.policy", "compact")],
)
def test_a_topic_that_would_drop_history_is_named_with_the_command_that_mends_it(
    tmp_path: Path,
    broker: str,
    topics: Topics,
    altered: tuple[str, str],
    wait_until: WaitUntil,
) -> None:
    with administration(Connection(broker)) as admin:
        asking = ConfigResource(ConfigResourceType.TOPIC, topics.events, dict([altered]))
        admin.alter_configs([asking])
    patient = Patient(data_dir=tmp_path, connection=Connection(broker), topics=topics)
    # The controller says yes before the broker has heard of it.
    assert wait_until(lambda: told("retention", patient).verdict == "warning")
    found = told("retention", patient)

    assert f"{topics.events} has {'='.join(altered)}" in found.found
    assert f"--alter --topic {topics.events} --add-config" in found.remedy
    assert topics.findings not in found.found


class SlowWriter(Writer):
    """A store on a disk that takes its time."""

    def append(self, batch: Batch) -> Appended:
        time.sleep(0.2)
        return super().append(batch)


@contextmanager
def storing_slowly(data_dir: Path, broker: str, topics: Topics) -> Iterator[Sink]:
    stop = threading.Event()
    with SlowWriter(data_dir) as writer:
        sink = Sink(writer, broker, topics, batch_rows=50)
        running = threading.Thread(target=sink.run, args=(stop,))
        running.start()
        try:
            yield sink
        finally:
            stop.set()
            running.join()


def knows_of(sink: Sink, records: int) -> bool:
    return sum(sink.status.ends.values()) >= records


@kafka
def test_a_lag_that_grows_is_told_with_its_pace(
    tmp_path: Path, broker: str, topics: Topics, wait_until: WaitUntil
) -> None:
    journal, began = LagJournal(tmp_path), time.time() - 8 * EVERY_SECONDS
    with storing_slowly(tmp_path, broker, topics) as sink:
        for step in range(1, 9):
            Pipe(broker, topics).run(actions(1_000, f"{step}-"))
            wait_until(partial(knows_of, sink, 1_000 * step))
            journal.note(Lag(began + step * EVERY_SECONDS, sink.status.behind()))
    found = told("lag", Patient(data_dir=tmp_path))

    assert found.verdict == "warning"
    assert "more every second" in found.found


def test_a_lag_that_is_worked_off_is_no_ailment(tmp_path: Path) -> None:
    journal, began = LagJournal(tmp_path), time.time() - 8 * EVERY_SECONDS
    for step in range(9):
        journal.note(Lag(began + step * EVERY_SECONDS, {"t": {0: 90_000 - 10_000 * step}}))

    assert told("lag", Patient(data_dir=tmp_path)).verdict == "ok"


def test_a_broker_that_is_away_leaves_the_lag_unknown(tmp_path: Path) -> None:
    LagJournal(tmp_path).note(Lag(time.time(), None))

    assert told("lag", Patient(data_dir=tmp_path)).verdict == "warning"


def test_a_store_from_a_newer_version_ends_with_4_and_says_to_upgrade(tmp_path: Path) -> None:
    with Writer(tmp_path):
        pass
    with duckdb.connect(str(store_path(tmp_path))) as file:
        file.execute("UPDATE store_version SET version = 99")
    code, found = asked("--data", tmp_path)

    assert (code, found["store"]["verdict"]) == (4, "error")
    assert "99" in found["store"]["found"]
    assert "upgrade commonmode" in found["store"]["remedy"]


def test_a_token_file_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    token = tmp_path / "run" / "token"
    token.parent.mkdir()
    token.write_text("secret")
    token.chmod(0o644)
    before = told("token", Patient(data_dir=tmp_path))
    token.chmod(0o600)

    assert before.verdict == "warning"
    assert "0644" in before.found
    assert "chmod 600" in before.remedy
    assert told("token", Patient(data_dir=tmp_path)).verdict == "ok"


def test_a_check_that_cannot_look_is_a_warning_and_the_others_go_on(tmp_path: Path) -> None:
    code, found = asked("--data", tmp_path, "-b", "127.0.0.1:1")

    assert code == 0
    assert found["retention"]["verdict"] == "warning"
    assert "could not be looked at" in found["retention"]["found"]
    assert found["deployment"]["verdict"] == "ok"


def test_people_read_every_check_by_its_name(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor", "--data", str(tmp_path)])

    assert result.exit_code == 0
    assert [name for name in CHECKS if name not in result.stdout] == []
