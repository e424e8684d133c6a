from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
from tests.stream.conftest import actions

from commonmode.events import encode

pytestmark = pytest.mark.kafka


def pipe(broker: str, topic: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-m", "commonmode.cli.main", "pipe", "--json"]
    return [*command, "-b", broker, "-t", topic, *arguments]


@pytest.fixture
def topic() -> str:
    return f"{uuid4().hex[:12]}.events"


def log(count: int) -> bytes:
    return b"\n".join(encode(event) for event in actions(count)) + b"\n"


def test_files_plain_and_compressed_are_piped_and_summed_up(
    broker: str, topic: str, tmp_path: Path
) -> None:
    plain, compressed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_bytes(log(30))
    compressed.write_bytes(gzip.compress(log(20)))

    done = subprocess.run(
        pipe(broker, topic, str(plain), str(compressed)), capture_output=True, check=True
    )

    assert json.loads(done.stdout) == {"read": 50, "sent": 50, "rejected": 0}
    assert b"canonical" in done.stderr


def test_bad_lines_are_counted_and_change_the_exit_code(broker: str, topic: str) -> None:
    done = subprocess.run(
        pipe(broker, topic), input=log(3) + b"nonsense\n" + log(2), capture_output=True, check=False
    )

    assert done.returncode == 3
    assert json.loads(done.stdout) == {"read": 6, "sent": 5, "rejected": 1}
    assert topic.replace("events", "rejected").encode() in done.stderr
    assert b"The first, " in done.stderr


def test_an_interrupt_while_input_is_waited_for_sums_up_what_was_sent(
    broker: str, topic: str
) -> None:
    process = subprocess.Popen(
        pipe(broker, topic, "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(log(40))
    process.stdin.flush()
    assert b"canonical" in process.stderr.readline()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    output, told = process.communicate(timeout=60)

    assert process.returncode == 130
    assert b"Send the same again to go on" in told
    summary = json.loads(output)
    assert 0 < summary["read"] == summary["sent"] <= 40


def test_no_broker_ends_with_an_error_that_says_what_to_do(topic: str, tmp_path: Path) -> None:
    logs = tmp_path / "a.jsonl"
    logs.write_bytes(log(1))

    done = subprocess.run(pipe("127.0.0.1:9", topic, str(logs)), capture_output=True, check=False)

    assert done.returncode == 4
    assert b"Hint" in done.stderr
    assert done.stdout == b""
