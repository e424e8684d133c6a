"""`kill -9` of any part of a whole deployment under load, again and again: as if nothing was.

`COMMONMODE_CHAOS_KILLS` and `COMMONMODE_CHAOS_SEED` make another run of it.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.whole import COMMONMODE, VICTIMS, Feeder, Whole, alive, answers, until

from commonmode.economy import PLANTS, Economy
from commonmode.events import Event, encode, to_table
from commonmode.store import Batch, Writer, connect

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(0)]

FEW = int(os.environ.get("COMMONMODE_CHAOS_KILLS", "3"))
SEED = int(os.environ.get("COMMONMODE_CHAOS_SEED", "1"))
EVENTS_A_FILE = 2000

BATCH_FINDINGS = """
    SELECT finding_id, claim, statistic, effect, p_value, evidence_total, status = 'withdrawn'
    FROM findings WHERE detector IN ('monoculture', 'collusion', 'scope', 'habit')
    AND NOT provisional ORDER BY finding_id
"""
LIVES = """
    SELECT finding->>'finding_id' AS name, (finding->>'provisional')::BOOLEAN AS live,
        list((finding->>'revision')::INT ORDER BY seq) AS revisions,
        list(kind ORDER BY seq) AS kinds
    FROM finding_events GROUP BY ALL ORDER BY ALL
"""


def written(folder: Path, events: list[Event], files: int) -> list[Path]:
    folder.mkdir()
    size = -(-len(events) // files)
    paths = []
    for turn in range(files):
        paths.append(folder / f"{turn:03}.jsonl")
        part = events[turn * size : (turn + 1) * size]
        paths[-1].write_bytes(b"".join(encode(event) + b"\n" for event in part))
    return paths


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


def detected(data: Path) -> list[tuple[Any, ...]]:
    command = [*COMMONMODE, "detect", "--once", "--final", "--data", str(data)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with connect(data) as store:
        return store.query(BATCH_FINDINGS).rows()


def undisturbed(data: Path, events: list[Event]) -> list[tuple[Any, ...]]:
    with Writer(data) as writer:
        writer.append(Batch(events=to_table(events)))
    return detected(data)


def broken_lives(data: Path) -> list[tuple[Any, ...]]:
    """Return the findings that were not raised once and then revised one by one.

    The watch counts from 0. The batch detector counts from 0 too, or on from what the watch said.
    """
    with connect(data) as store:
        lives = store.query(LIVES).rows()
    assert lives
    told = {name: revisions for name, live, revisions, _ in lives if live}
    return [
        (name, live, revisions, kinds)
        for name, live, revisions, kinds in lives
        if revisions != [*range(revisions[0], revisions[0] + len(revisions))]
        or (revisions[0] > 0 and (live or revisions[0] - 1 not in told[name]))
        or kinds != ["finding_revised" if n else "finding_raised" for n in revisions]
    ]


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
