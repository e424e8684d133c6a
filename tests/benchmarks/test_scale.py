"""What the core detectors cost as a log grows, beside DuckDB's own group-by in the same run.

``COMMONMODE_SCALE_EVENTS=100000000`` asks for a million agents; every log has one agent for a
hundred events, contexts by Zipf's law, and one family of eight that copies half of its choices.
Time is the processor's, of all threads; memory is the peak of the process so far.
"""

from __future__ import annotations

import math
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from commonmode.detectors import Collusion, Detector, Monoculture, Scope
from commonmode.engine import Engine
from commonmode.store import Appender, Reader, Writer, connect, open_writer, store_path

pytestmark = [pytest.mark.benchmark, pytest.mark.slow]

EVENTS = int(os.environ.get("COMMONMODE_SCALE_EVENTS", "200000"))
SIZES = (EVENTS // 100, EVENTS // 10, EVENTS)
CORE: tuple[type[Detector], ...] = (Monoculture, Collusion, Scope)

_LOG = """
    INSERT INTO events BY NAME
    WITH drawn AS (
        SELECT i, hash(i * 2 + 1) AS h,
            (hash(i * 3) % $agents)::BIGINT AS a,
            exp((hash(i * 5) % 1048576) / 1048576.0 * ln($agents))::BIGINT AS x
        FROM range($events) AS numbers(i)
    )
    SELECT 'event-' || i AS id, i + 1 AS seq, 'action_taken' AS kind,
        TIMESTAMPTZ '2026-01-05 00:00:00+00' + to_microseconds(i * 86399000000 // $events) AS "at",
        TIMESTAMPTZ '2026-01-06 00:00:00+00' AS ingested_at,
        'agent-' || a AS agent, 'family-' || a % 8 AS family, 'operator-' || a % 37 AS operator,
        'situation/' || x AS context, 'buy' AS action,
        'market/' || h % ($agents // 4) AS resource, 'task-' || i // 10 AS task,
        'option-' || CASE WHEN a % 8 = 0 AND h % 2 = 0 THEN hash(x) % 5 ELSE (h // 2) % 5 END
            AS choice
    FROM drawn
"""
_GROUPS = """
    SELECT count(*) AS n FROM
        (SELECT context, family, choice, count(*) FROM events GROUP BY ALL)
"""


def fill(folder: Path, events: int) -> None:
    Writer(folder).close()
    with duckdb.connect(str(store_path(folder))) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(_LOG, {"events": events, "agents": max(events // 100, 40)})


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def spent(kind: type[Detector], reader: Reader, appender: Appender) -> float:
    def judge() -> None:
        engine = Engine(detectors=[kind()], reader=reader, appender=appender)
        assert not engine.tick(final=True).failures

    return seconds(judge)


def measured(folder: Path, events: int) -> tuple[float, dict[str, float]]:
    folder.mkdir()
    fill(folder, events)
    with open_writer(folder) as appender, connect(folder) as reader:
        bare = min(seconds(lambda: reader.query(_GROUPS)) for _ in range(2))
        return bare, {kind.name: spent(kind, reader, appender) for kind in CORE}


def test_what_a_hundred_times_the_log_costs(tmp_path: Path) -> None:
    lines, totals = list[str](), list[float]()
    for events in SIZES:
        bare, costs = measured(tmp_path / str(events), events)
        totals.append(costs["monoculture"])
        ratios = ", ".join(f"{name} {cost / bare:.1f}" for name, cost in costs.items())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        lines.append(
            f"{events:,} events: group-by {bare:.2f} s; {ratios}; all three "
            f"{sum(costs.values()) / bare:.1f} times ({sum(costs.values()):.1f} s); {peak:.1f} GB"
        )
    exponent = math.log(totals[-1] / totals[0]) / math.log(SIZES[-1] / SIZES[0])
    lines.append(f"monoculture grows as events to the power {exponent:.2f}")
    print("\n" + "\n".join(lines))  # noqa: T201  figures are what a benchmark is for
    assert len(lines) == len(SIZES) + 1
