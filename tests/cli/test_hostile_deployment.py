"""A deployment that attacks arrive at: what its parts say and log is read, and obeyed by nobody."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_up import COMMAND, PATIENCE
from tests.hostile_store import OBEYED, TEXTS, of_text

from commonmode.events import encode
from commonmode.local.status import status

pytestmark = pytest.mark.kafka


class Attacked:
    """A deployment with broker, owner, detection and watch, and what was sent to it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.said = ""

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [*COMMAND, *words, "--data", str(self.data)],
            capture_output=True,
            check=False,
        )
        said = (done.stdout + done.stderr).decode()
        assert "Traceback" not in said
        return said

    def logs(self) -> dict[str, str]:
        """Return what our own processes wrote down so far."""
        return {path.stem: path.read_text() for path in (self.data / "logs").glob("*.log")}

    def has_judged(self) -> bool:
        found = self.run("sql", "--format", "csv", "SELECT count(*) AS n FROM findings")
        return "acted outside" in self.logs().get("watch", "") and found != "n\n0\n"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    deployment = Attacked(tmp_path_factory.mktemp("attacked"))
    log = tmp_path_factory.mktemp("logs") / "\x1b[31mlog\u202e.jsonl"
    events = (e for n, text in enumerate(TEXTS.values()) for e in of_text(n, text))
    broken = [json.dumps({text: text}).encode() + text.encode() for text in TEXTS.values()]
    log.write_bytes(b"\n".join([*map(encode, events), *broken]))
    up = [*COMMAND, "up", "--no-dashboard", "--data", str(deployment.data)]
    with subprocess.Popen(up, stderr=subprocess.PIPE) as running:
        try:
            until = time.monotonic() + PATIENCE
            while status(deployment.data)["state"] != "ready":
                assert running.poll() is None
                assert time.monotonic() < until
                time.sleep(0.2)
            deployment.said = deployment.run("pipe", str(log))
            while not deployment.has_judged():
                assert time.monotonic() < until
                time.sleep(0.5)
            yield deployment
        finally:
            running.terminate()
            assert running.stderr is not None
            last = running.stderr.read().decode()
    assert OBEYED.findall(last) == []


def test_the_pipe_names_a_hostile_file_and_counts_hostile_lines(attacked: Attacked) -> None:
    assert "sent" in attacked.said
    assert OBEYED.findall(attacked.said) == []


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("status", "--json"),
        ("doctor",),
        ("detect", "--final"),
        ("findings", "--format", "table"),
    ],
    ids=" ".join,
)
def test_no_escape_comes_out_beside_a_deployment(
    words: tuple[str, ...], attacked: Attacked
) -> None:
    said = attacked.run(*words)

    assert said
    assert OBEYED.findall(said) == []


def test_no_escape_comes_through_in_a_log(attacked: Attacked) -> None:
    logs = attacked.logs()

    assert {"owner", "detect", "watch", "broker"} <= set(logs)
    assert [name for name, text in logs.items() if OBEYED.search(text)] == []
