"""Java, ports, journals and status."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from commonmode.cli.main import cli
from commonmode.local import java, ports, state
from commonmode.local.errors import BrokerUnavailableError
from commonmode.local.identity import Identity
from commonmode.local.journal import LARGEST, Journal
from commonmode.local.status import status
from commonmode.store.lag import Lag, LagJournal


def fake_java(folder: Path, version: str) -> Path:
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-01' >&2\n")
    path.chmod(0o755)
    return path


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
        "public": None,
        "processes": [],
        "lag": None,
    }


def say_ready(data_dir: Path, supervisor: Identity) -> None:
    state.write(data_dir, state.DeploymentState(supervisor, supervisor, "ready", "h:1"))


def test_old_lag_is_unknown_not_zero(tmp_path: Path) -> None:
    say_ready(tmp_path, Identity.me())
    journal = LagJournal(tmp_path)
    journal.note(Lag(time.time(), {"commonmode.events": {0: 1, 1: 2}}))
    fresh = status(tmp_path)["lag"]
    journal.note(Lag(time.time() - 60, {"commonmode.events": {0: 1, 1: 2}}))

    assert fresh == {"commonmode.events": 3}
    assert status(tmp_path)["lag"] is None


def test_the_state_of_a_dead_supervisor_is_down(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        say_ready(tmp_path, Identity.of(process.pid))
        during = (status(tmp_path)["state"], state.bootstrap_of(tmp_path))

    assert during == ("ready", "h:1")
    assert (status(tmp_path)["state"], state.bootstrap_of(tmp_path)) == ("down", None)


def test_down_on_a_folder_where_nothing_runs_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["down", "--data", str(tmp_path)])

    assert result.exit_code == 0
    assert "Nothing runs" in result.stderr
