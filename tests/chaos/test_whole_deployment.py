"""`kill -9` of any part of a whole deployment under load, again and again: as if nothing was.

`COMMONMODE_CHAOS_KILLS` and `COMMONMODE_CHAOS_SEED` make another run of it.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections import defaultdict
from pathlib import Path

import pytest
from tests.chaos.outcome import broken_lives, detected, undisturbed, written
from tests.chaos.whole import VICTIMS, Feeder, Whole, alive, answers, until

from commonmode.economy import PLANTS, Economy

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(0)]

FEW = int(os.environ.get("COMMONMODE_CHAOS_KILLS", "3"))
SEED = int(os.environ.get("COMMONMODE_CHAOS_SEED", "1"))
EVENTS_A_FILE = 2000


def kill_at_random(whole: Whole, feeder: Feeder, kills: int) -> dict[str, list[float]]:
    draw = random.Random(SEED)
    victims = [*VICTIMS] * (-(-kills // len(VICTIMS)))
    draw.shuffle(victims)
    took = defaultdict[str, list[float]](list)
    for victim in victims[:kills]:
        if victim == "pipe":
            took[victim].append(feeder.kill(draw))
        else:
            time.sleep(draw.uniform(0.2, 1.5))
            took[victim].append(whole.kill(victim))
        feeder.killed += 1
    return dict(took)


def table(took: dict[str, list[float]]) -> str:
    rows = (
        f"{victim:10} {len(took[victim]):5} {statistics.median(took[victim]):6.1f} s"
        f" {max(took[victim]):6.1f} s"
        for victim in VICTIMS
        if victim in took
    )
    return "\n".join([f"{'killed':10} {'times':>5} {'p50':>8} {'max':>8}  until all works", *rows])


@pytest.mark.parametrize("kills", [FEW, pytest.param(20, marks=pytest.mark.slow)])
def test_a_deployment_killed_part_by_part_ends_as_if_nothing_was(
    tmp_path: Path, kills: int
) -> None:
    files = kills + 2
    economy = Economy(seed=SEED, events=files * EVENTS_A_FILE, plants=[make() for make in PLANTS])
    events = list(economy)
    sent = len({event.id for event in events})
    paths = written(tmp_path / "logs", events, files)
    data = tmp_path / "data"
    whole = Whole(data)
    feeder = Feeder(data, paths)
    try:
        feeder.start()
        took = kill_at_random(whole, feeder, kills)
        feeder.join()
        until(lambda: answers(data, "SELECT count(*) FROM events") >= sent, "all stored")
        whole.down()
    finally:
        feeder.end()
        whole.end()

    left = alive(data)
    found = detected(data)
    print(f"\n{table(took)}\npiped again: {feeder.again}; {sent} events, {len(found)} findings")  # noqa: T201  the record
    assert left == []
    assert answers(data, "SELECT count(DISTINCT id) FROM events") == sent
    assert answers(data, "SELECT count(*) FROM events") == sent
    assert found == undisturbed(tmp_path / "undisturbed", events)
    assert broken_lives(data) == []
