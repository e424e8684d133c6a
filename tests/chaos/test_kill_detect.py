"""`detect` killed at random moments: nothing is counted or found twice, and nothing is missed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commonmode.economy import PLANTS, Economy
from commonmode.events import to_table
from commonmode.store import Batch, Writer, connect

pytestmark = pytest.mark.chaos

EVENTS = int(os.environ.get("COMMONMODE_CHAOS_EVENTS", "4000")) // 10 + 3600
KILLS = int(os.environ.get("COMMONMODE_CHAOS_KILLS", "3"))


def detection(data: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "commonmode.cli.main", "detect", "--once", "--final"]
    return subprocess.Popen([*command, "--data", str(data)], stderr=subprocess.DEVNULL)


def found(data: Path) -> list[tuple[object, ...]]:
    with connect(data) as reader:
        return reader.query(
            "SELECT finding_id, claim, statistic, evidence_total FROM findings ORDER BY finding_id"
        ).rows()


def filled(data: Path) -> Path:
    events = list(Economy(seed=3, events=EVENTS, plants=[plant() for plant in PLANTS]))
    with Writer(data) as writer:
        writer.append(Batch(events=to_table(events)))
    return data


def test_detection_that_is_killed_finds_the_same(tmp_path: Path) -> None:
    undisturbed, killed = filled(tmp_path / "undisturbed"), filled(tmp_path / "killed")
    start = time.monotonic()
    assert detection(undisturbed).wait() == 0
    takes, chance = time.monotonic() - start, random.Random(7)
    for _ in range(KILLS):
        process = detection(killed)
        try:
            process.wait(chance.uniform(0.2, 0.9) * takes)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    assert detection(killed).wait() == 0

    with connect(killed) as reader:
        steps = reader.query("SELECT id FROM finding_events")["id"]
    assert found(killed) == found(undisturbed)
    assert steps.n_unique() == len(steps)
    assert len(steps) > 0
