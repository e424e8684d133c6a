"""How fresh answers are, how quick, and how long the writer stands still, at a steady pace."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple
from uuid import uuid4

import duckdb
import pytest
from confluent_kafka import Producer

from commonmode.dashboard.period import EXTENT
from commonmode.dashboard.pulse import PULSE
from commonmode.dashboard.views.economy import data as economy
from commonmode.dashboard.views.events import data as events
from commonmode.dashboard.views.findings import data as findings
from commonmode.local.owner import Owner
from commonmode.store import (
    Appended,
    Batch,
    Writer,
    connect,
    find_owner,
    run_dir,
    store_path,
)
from commonmode.stream import Connection, Topics, ensure

pytestmark = [pytest.mark.benchmark, pytest.mark.kafka, pytest.mark.slow]

ROWS = int(os.environ.get("COMMONMODE_BENCHMARK_ROWS", "1000000"))
SECONDS = float(os.environ.get("COMMONMODE_BENCHMARK_SECONDS", "30"))
PACE = int(os.environ.get("COMMONMODE_BENCHMARK_PACE", "20000"))

WARM_UP = 15.0
"""Seconds at the same pace that do not count: a broker just started compiles itself meanwhile."""

RESTS = {"a page each second or so": 0.1, "hardly any rest": 0.02}
"""Seconds between an answer and the next question of a reader, which takes ten to open two pages.

A dashboard asks again every five seconds, four questions of the ten, and whoever looks at it
shares the answers. The first is the pace that figures are told of; two readers of the second ask
as much as two cores can answer.
"""

SPAN = timedelta(hours=2)
"""Event time that the rows stored before take up."""
NEWEST = """
SELECT max(recorded_at) AS newest FROM events
WHERE seq > (SELECT coalesce(max(next_seq), 0) - 100 FROM folds) AND topic <> 'history'
"""
"""Reads what is not folded yet: the ten last by `seq` took a scan of all events to find."""


HISTORY = """
INSERT INTO events BY NAME SELECT
    'old-' || i AS id,
    ['action_taken', 'action_taken', 'bid_placed', 'message_sent'][1 + i % 4] AS kind,
    $first::TIMESTAMPTZ + to_microseconds(CAST(i * $step AS BIGINT)) AS "at", "at" AS recorded_at,
    'agent-' || (hash(i) % 5000) AS agent, 1 AS schema,
    'family-' || (hash(i) % 5000 % 12) AS family, 'model-' || (hash(i) % 5000 % 24) AS model,
    'operator-' || (hash(i) % 5000 % 40) AS operator, 'run-' || (i // 50) AS run,
    'shop/' || (i % 91) || '/round/' || (i // 10000) AS context, 'buy' AS action,
    'market/stall/' || (hash(i * 7) % 337) AS resource, 'option-' || (hash(i * 3) % 7) AS choice,
    7 AS options, if(hash(i * 5) % 50 = 0, 'denied', 'ok') AS outcome, '{"quantity":3}' AS args,
    1.5 + i % 50 AS price, 'history' AS topic, i % 8 AS partition, i // 8 AS "offset",
    i + 1 AS seq, "at" AS ingested_at
FROM range($rows) AS t(i)
"""

WIRE = (
    '{"id":"new-%d","kind":"action_taken","at":"%s","recorded_at":"%s","agent":"agent-%d",'
    '"family":"family-%d","model":"gpt-large-2026-01","operator":"operator-%d","run":"run-%d",'
    '"task":"task-%d","context":"shop/%d/round/%d","action":"buy","resource":"market/stall/%d",'
    '"choice":"option-%d","options":7,"outcome":"ok","args":{"quantity":3,"note":"as agreed"},'
    '"price":1.5}'
)


def questions(start: datetime, end: datetime) -> dict[str, tuple[str, dict[str, Any]]]:
    """What an open home page asks while it ticks, and what opening it and the events asks."""
    period = {"start": start, "end": end}
    counted = {"start": start, "grain": 60}
    anything = dict.fromkeys(events.Asked._fields)
    return {
        "extent": (EXTENT, {}),
        "pulse": (PULSE, {}),
        "summary": (economy.SUMMARY, counted),
        "newest findings": (economy.NEWEST, period),
        "findings mark": (findings.MARK, {}),
        "flow": (economy.FLOW, {**counted, "width": 120}),
        "families": (economy.FAMILIES, counted),
        "choices": (events.CHOICES, counted),
        "events counted": (events.COUNTED, {**period, **anything}),
        "events paged": (events.PAGED, {**period, **anything, "page": 100, "skip": 0}),
    }


def history(folder: Path, last: datetime) -> None:
    """Fill an empty store with rows whose times end now, in one statement."""
    Writer(folder).close()
    with duckdb.connect(store_path(folder)) as store:
        step = SPAN.total_seconds() * 1e6 / ROWS
        store.execute(HISTORY, {"first": last - SPAN, "step": step, "rows": ROWS})


class Signals(NamedTuple):
    """Who waits for all to be there, from when on to count, and when it is over."""

    go: Barrier
    warm: Signal
    done: Signal


def produce(broker: str, topic: str, signals: Signals) -> None:
    """Send events at a steady pace, each with the time it was sent at."""
    producer = Producer(
        {"bootstrap.servers": broker, "linger.ms": 5, "queue.buffering.max.messages": 0}
    )
    signals.go.wait()
    began, sent = time.monotonic(), 0
    while (passed := time.monotonic() - began) < WARM_UP + SECONDS:
        now = datetime.now(UTC).isoformat()
        for n in range(sent, int(passed * PACE)):
            agent = n * 2654435761 % 5000
            told = (n, now, now, agent, agent % 12, agent % 40, n // 50, n % 211, n % 91)
            value = WIRE % (*told, n // 10_000, n % 337, n % 7)
            producer.produce(topic, value, f"agent-{agent}")
        sent = max(sent, int(passed * PACE))
        producer.poll(0.005)
    producer.flush(60)
    signals.done.set()


def poll(folder: Path, start: datetime, rest: float, signals: Signals, told: Any) -> None:
    """Ask what a dashboard asks, in turn, and how old the newest event is."""
    seen: defaultdict[str, list[float]] = defaultdict(list)
    signals.go.wait()
    with connect(folder) as store:
        while not signals.done.is_set():
            for name, (sql, parameters) in questions(start, datetime.now(UTC)).items():
                newest = store.query(NEWEST)["newest"].item()
                answered = datetime.now(UTC)
                began = time.perf_counter()
                store.query(sql, parameters)
                if signals.warm.is_set() and newest is not None:
                    seen[name].append(time.perf_counter() - began)
                    seen["staleness"].append((answered - newest).total_seconds())
                time.sleep(rest)
    told.put(dict(seen))


@contextmanager
def owning(folder: Path, broker: str, topic: str) -> Iterator[None]:
    """Run the owner of a store beside, as `commonmode up` does."""
    stop = threading.Event()
    thread = threading.Thread(target=Owner(folder, 0, broker, topic).run, args=(stop,))
    # A test run has five times the objects of an owner's own process, and looking for unused ones
    # among all of them stops every thread five times as long.
    gc.collect()
    gc.freeze()
    thread.start()
    while find_owner(run_dir(store_path(folder))) is None:
        time.sleep(0.1)
    yield
    stop.set()
    thread.join()
    gc.unfreeze()


def timed(seconds: list[float]) -> Callable[[Writer, Batch], Appended]:
    """Return `Writer.append`, which notes how long it took."""
    append = Writer.append

    def appended(writer: Writer, batch: Batch) -> Appended:
        began = time.perf_counter()
        try:
            return append(writer, batch)
        finally:
            seconds.append(time.perf_counter() - began)

    return appended


def alone(folder: Path, start: datetime) -> dict[str, list[float]]:
    """Ask the same of a store that nobody writes to."""
    seen: dict[str, list[float]] = {}
    with connect(folder) as store:
        for _ in range(5):
            for name, (sql, parameters) in questions(start, datetime.now(UTC)).items():
                began = time.perf_counter()
                store.query(sql, parameters)
                seen.setdefault(name, []).append(time.perf_counter() - began)
    return seen


def newest_seq(folder: Path) -> int:
    """Return how many events were ever stored."""
    with connect(folder) as store:
        return int(store.query("SELECT max(seq) AS newest FROM events")["newest"].item())


def cuts(seconds: Sequence[float]) -> dict[str, float]:
    """Sum up in milliseconds."""
    many = quantiles(seconds, n=100, method="inclusive")
    at = {"p50": many[49], "p95": many[94], "p99": many[98], "max": max(seconds)}
    return {name: 1000 * value for name, value in at.items()}


def tell(name: str, seconds: Sequence[float], of: str, reference: float) -> None:
    told = ", ".join(f"{cut} {ms:,.1f} ms" for cut, ms in cuts(seconds).items())
    ratios = ", ".join(f"{ms / 1000 / reference:.2f}" for ms in cuts(seconds).values())
    print(f"{name}: {told}; {ratios} of {of} ({1000 * reference:,.1f} ms)")  # noqa: T201


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rest", RESTS.values(), ids=RESTS)
def test_freshness_at_a_steady_pace_with_two_readers(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest: float
) -> None:
    # The producer and the readers are processes of their own, which import this module.
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    topics = Topics.named(f"{uuid4().hex[:12]}.events")
    ensure(Connection(broker), topics)
    start = (datetime.now(UTC) - SPAN).replace(second=0, microsecond=0)
    history(tmp_path, datetime.now(UTC))
    spawn = get_context("spawn")
    signals, told = Signals(spawn.Barrier(4), spawn.Event(), spawn.Event()), spawn.Queue()
    appends: list[float] = []
    monkeypatch.setattr(Writer, "append", timed(appends))
    with owning(tmp_path, broker, topics.events):
        idle = alone(tmp_path, start)
        reader = (tmp_path, start, rest, signals, told)
        processes = [spawn.Process(target=produce, args=(broker, topics.events, signals))]
        processes += [spawn.Process(target=poll, args=reader) for _ in "ab"]
        for process in processes:
            process.start()
        signals.go.wait()
        time.sleep(WARM_UP)
        appends.clear()
        before, busy = newest_seq(tmp_path), os.times()
        signals.warm.set()
        seen = [told.get(timeout=SECONDS + 120) for _ in "ab"]
        spent = sum(os.times()[:2]) - sum(busy[:2])
        stored = newest_seq(tmp_path) - before
        for process in processes:
            process.join()
    report(seen, idle, appends, spent, stored)


def report(
    seen: Sequence[dict[str, list[float]]],
    idle: dict[str, list[float]],
    appends: Sequence[float],
    spent: float,
    stored: int,
) -> None:
    said = f"{ROWS:,} rows before, {stored:,} stored in {SECONDS:.0f} s"
    print(f"\n{said}; owner {100 * spent / SECONDS:.0f} % of a core")  # noqa: T201
    tell("append", appends, "its median", median(appends))
    stale = [each for one in seen for each in one["staleness"]]
    tell("staleness", stale, "the sink's linger", 0.2)
    for name, before in idle.items():
        tell(
            name, [s for one in seen for s in one[name]], "the same with no writer", median(before)
        )
    every = [s for one in seen for name in idle for s in one[name]]
    tell("all queries", every, "them with no writer", median([s for x in idle.values() for s in x]))
    assert stored > 0
