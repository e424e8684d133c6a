"""What the core detectors cost as a log grows, beside DuckDB's own group-by in the same run.

``COMMONMODE_SCALE_EVENTS=100000000`` asks for a million agents; every log is a simulated economy
of a thousand agents with one family of eight that copies half of its choices, and as many copies
of it under other names as it takes: the same day, the same families and operators.
``COMMONMODE_SCALE_DETECTORS=collusion`` measures that one alone; several names have spaces between.
Ratios are of seconds of the processor, of all threads, to those of the group-by, of a detector
alone and of all in one tick; memory is the peak of the process so far, in which DuckDB may have
``COMMONMODE_SCALE_MEMORY`` (2500MB).
"""

from __future__ import annotations

import math
import os
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from commonmode.detectors import Collusion, Detector, Monoculture, Scope
from commonmode.economy import PLANTS, Economy
from commonmode.engine import Engine
from commonmode.events import DIGESTS, Event, to_table
from commonmode.store import Appender, Batch, Reader, Writer, connect, open_writer, own, store_path

pytestmark = [pytest.mark.benchmark, pytest.mark.slow, pytest.mark.timeout(0)]

EVENTS = int(os.environ.get("COMMONMODE_SCALE_EVENTS", "200000"))
SIZES = (EVENTS // 100, EVENTS // 10, EVENTS)
TOWN = min(SIZES[0], 100_000)
ASKED = os.environ.get("COMMONMODE_SCALE_DETECTORS", "monoculture collusion scope").split()
CORE: tuple[type[Detector], ...] = tuple(
    kind for kind in (Monoculture, Collusion, Scope) if kind.name in ASKED
)

MEMORY = os.environ.get("COMMONMODE_SCALE_MEMORY", "2500MB")

NAMED = ("id", "agent", "context", "resource", "grant", "parent_grant", "task", "recipient")
"""Columns of names that a copy has for itself."""
_COPIES = """
    INSERT INTO events BY NAME SELECT * REPLACE ({digests}) FROM (
        SELECT * EXCLUDE (copy) REPLACE (
            {own}, list_transform(resources, lambda place: copy || '/' || place) AS resources,
            (seq - 1) * $copies + copy + 1 AS seq
        ) FROM (
            SELECT *, unnest(range($copies)) AS copy FROM town.events WHERE kind <> 'truth_declared'
        )
    )
"""
_GROUPS = """
    SELECT count(*) AS n FROM
        (SELECT context, family, choice, count(*) FROM events GROUP BY ALL)
"""


class Seconds(NamedTuple):
    """Of the processor, and by the clock."""

    spent: float
    clock: float


class Cost(NamedTuple):
    """What one size of log costs: the group-by, each detector alone, and all in one tick."""

    events: int
    bare: Seconds
    alone: dict[str, Seconds]
    together: Seconds


def town(folder: Path) -> None:
    """Simulate the economy that is copied: a hundred events for each agent."""
    plant = next(one for one in PLANTS if one.name == "monoculture")
    agents = max(TOWN // 100, 40)
    economy = Economy(seed=1, agents=agents, events=TOWN, plants=[plant(strength=0.5)])  # type: ignore[call-arg]
    events: Iterator[Event] = iter(economy)
    with open_writer(folder) as appender:
        while page := list(islice(events, 20_000)):
            appender.append(Batch(events=to_table(page)))


def fill(folder: Path, copied: Path, events: int) -> None:
    Writer(folder).close()
    own = ", ".join(f"""copy || '/' || "{name}" AS "{name}\"""" for name in NAMED)
    digests = ", ".join(f"{of} AS {name}" for name, of in DIGESTS.items())
    with duckdb.connect(str(store_path(folder))) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"ATTACH '{store_path(copied)}' AS town (READ_ONLY)")
        copies = _COPIES.format(own=own, digests=digests)
        db.execute(copies, {"copies": events // TOWN})
    # What a store does after every batch, and no detector has to wait for: it folds.
    Writer(folder).close()


def seconds(work: Callable[[], object]) -> Seconds:
    spent, clock = time.process_time(), time.monotonic()
    work()
    return Seconds(time.process_time() - spent, time.monotonic() - clock)


def judging(detectors: list[Detector], reader: Reader, appender: Appender) -> Seconds:
    def judge() -> None:
        engine = Engine(detectors=detectors, reader=reader, appender=appender)
        assert not engine.tick(final=True).failures

    return seconds(judge)


def measured(folder: Path, copied: Path, events: int) -> Cost:
    folder.mkdir()
    # In a process of its own, whose memory does not count.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(fill, folder, copied, events).result()
    with own(folder, MEMORY) as appender, connect(folder) as reader:
        bare = min(seconds(lambda: reader.query(_GROUPS)) for _ in range(2))
        alone = {kind.name: judging([kind()], reader, appender) for kind in CORE}
        # Others by their seed, so that they begin anew.
        others: list[Detector] = [kind(seed=1) for kind in CORE]
        return Cost(events, bare, alone, judging(others, reader, appender))


def said(cost: Cost) -> str:
    alone = [
        f"{name} {one.spent / cost.bare.spent:.1f}, {one.clock:.0f} s"
        for name, one in cost.alone.items()
    ]
    all_, peak = cost.together, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (
        f"{cost.events:,} events: group-by {cost.bare.spent:.2f} s, {cost.bare.clock:.1f} by the "
        f"clock; {'; '.join(alone)}; together {all_.spent / cost.bare.spent:.1f} "
        f"({all_.spent:.1f} s), {all_.clock / cost.bare.clock:.1f} by the clock "
        f"({all_.clock:.0f} s); {peak / 1e6:.1f} GB"
    )


def growth(first: Cost, last: Cost, name: str) -> str:
    ratio = last.alone[name].spent / first.alone[name].spent
    exponent = math.log(ratio) / math.log(last.events / first.events)
    return f"{name} grows as events to the power {exponent:.2f}"


def test_what_a_hundred_times_the_log_costs(tmp_path: Path) -> None:
    town(tmp_path / "town")
    costs, lines = list[Cost](), list[str]()
    for events in SIZES:
        costs.append(measured(tmp_path / str(events), tmp_path / "town", events))
        lines.append(said(costs[-1]))
    lines += [growth(costs[0], costs[-1], kind.name) for kind in CORE]
    print("\n" + "\n".join(lines))  # noqa: T201  figures are what a benchmark is for
    assert len(costs) == len(SIZES)
