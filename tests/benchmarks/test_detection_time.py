"""What detection costs, as ratios to DuckDB's own group-by of the same columns in the same run.

Time is the processor's, of all threads: what else the machine does hardly shows in it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TypeVar

import pytest

from commonmode.detectors import ALL, Detector
from commonmode.economy import PLANTS, Economy
from commonmode.engine import Engine
from commonmode.events import Event, to_table
from commonmode.store import Appender, Batch, Reader, connect, open_writer

pytestmark = pytest.mark.benchmark

EVENTS = int(os.environ.get("COMMONMODE_BENCHMARK_EVENTS", "20000"))
HISTORIES = (1, 4, 16)
"""Lengths of history that a tick of the same size is measured after."""
NEWS, A_TICK = 600, 100
HOUR = timedelta(hours=1)

T = TypeVar("T")


def economy(events: int, days: float) -> Iterator[Event]:
    return iter(Economy(seed=1, events=events, days=days, plants=[plant() for plant in PLANTS]))


def fill(appender: Appender, events: Iterator[Event]) -> None:
    while page := list(islice(events, 20_000)):
        appender.append(Batch(events=to_table(page)))


def engine(detector: Detector, reader: Reader, appender: Appender) -> Engine:
    return Engine(detectors=[detector], reader=reader, appender=appender)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    done = work()
    return time.process_time() - start, done


def group_by(reader: Reader, detector: type[Detector]) -> float:
    """Return how long DuckDB takes to count the detector's events by all it reads of them."""
    columns = ", ".join(f'"{name}"' for name in detector.columns() if name not in ("id", "at"))
    sql = f"""
        SELECT count(*) AS groups FROM (
            SELECT time_bucket(INTERVAL 1 HOUR, "at") AS hour, {columns}, count(*)
            FROM events WHERE list_contains($kinds::VARCHAR[], kind) GROUP BY ALL)
    """
    kinds = {"kinds": list(detector.reads)}
    return min(timed(lambda: reader.query(sql, kinds))[0] for _ in range(3))


def say(text: str) -> None:
    print(f"\n{text}")  # noqa: T201  figures are what a benchmark is for


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_detection_time_per_million_events(kind: type[Detector], tmp_path: Path) -> None:
    with open_writer(tmp_path) as appender, connect(tmp_path) as reader:
        fill(appender, economy(EVENTS, days=1))
        bare = group_by(reader, kind)
        spent, done = timed(lambda: engine(kind(), reader, appender).tick(final=True))

    assert not done.failures
    assert 0 < done.events <= EVENTS * 1.1
    say(
        f"{kind.name}: {spent / EVENTS * 1e6:.1f} s per million events, "
        f"{spent / bare:.1f} times DuckDB's group-by of the same columns "
        f"({done.windows} windows, {done.opened} findings of {EVENTS:,} events)"
    )


def ticks(kind: type[Detector], folder: Path, history: int) -> tuple[float, float]:
    """Return what a tick of a little news costs after a history, and the group-by of all."""
    with open_writer(folder) as appender, connect(folder) as reader:
        events = economy(history + NEWS, days=history * 8 / EVENTS)
        fill(appender, islice(events, history))
        run = engine(kind(window=HOUR), reader, appender)
        run.tick()
        costs = []
        while page := list(islice(events, A_TICK)):
            appender.append(Batch(events=to_table(page)))
            cost, done = timed(run.tick)
            costs.append(cost)
            assert done.events <= len(page)
        return median(costs), group_by(reader, kind)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_tick_costs_what_is_new_whatever_the_history(
    kind: type[Detector], tmp_path: Path
) -> None:
    costs = {n: ticks(kind, tmp_path / str(n), n * EVENTS // HISTORIES[-1]) for n in HISTORIES}
    first_tick, first_scan = costs[HISTORIES[0]]

    for length, (tick, scan) in costs.items():
        say(
            f"{kind.name}, history times {length}: a tick of {A_TICK} new events costs "
            f"{tick / first_tick:.2f} times the first ({tick * 1000:.0f} ms), "
            f"DuckDB's group-by of everything {scan / first_scan:.2f} times"
        )
