"""What pages read from counts is what a scan of the events says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal
from tests.dashboard.small_store import fill
from tests.store.samples import NOON, actions, batch, until_folded

from commonmode.dashboard.period import EXTENT
from commonmode.dashboard.pulse import PULSE
from commonmode.dashboard.views.economy import data as economy
from commonmode.dashboard.views.events import data as events
from commonmode.store import Writer, connect, rollups

SUMMARY = """
SELECT count(*) AS events, count(DISTINCT agent) AS agents, count(DISTINCT family) AS families,
       count(DISTINCT operator) AS operators, count(DISTINCT resource) AS resources
FROM events WHERE "at" >= $start
"""
FAMILIES = """
SELECT coalesce(family, '(unknown)') AS family, count(DISTINCT agent) AS agents,
       count(*) AS events, count(*) FILTER (kind = 'action_taken') AS actions,
       count(*) FILTER (outcome IN ('denied', 'error') OR attempted) AS refused
FROM events WHERE "at" >= $start AND kind <> 'truth_declared'
GROUP BY ALL ORDER BY events DESC, family LIMIT 50
"""
CHOICES = """
SELECT list_sort(list(DISTINCT kind)) AS kinds,
       list_sort(list(DISTINCT family) FILTER (family IS NOT NULL))[:200] AS families,
       list_sort(list(DISTINCT outcome) FILTER (outcome IS NOT NULL)) AS outcomes
FROM events WHERE "at" >= $start
"""


@pytest.fixture(params=[1, 10_000_000], ids=["folded", "not folded"])
def stored(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, datetime, datetime]:
    """A store, and the first and the last event time in it."""
    monkeypatch.setattr(rollups, "FOLD_ROWS", request.param)
    fill(tmp_path)
    with connect(tmp_path) as store:
        first, last, n = store.query(EXTENT).row(0)
        scan = 'SELECT min("at"), max("at"), count(*) FROM events'
        assert store.query(scan).row(0) == (first, last, n)
        (newest,) = store.query("SELECT max(ingested_at) FROM events").row(0)
        assert store.query(PULSE)["newest"].item() == newest
    return tmp_path, first, last


@pytest.mark.parametrize("grain", [60, 3_600])
@pytest.mark.parametrize("part", [0.0, 0.5, 2.0])
def test_the_pages_count_what_a_scan_counts(
    stored: tuple[Path, datetime, datetime], grain: int, part: float
) -> None:
    folder, first, last = stored
    moment = first + part * (last - first) - timedelta(seconds=1)
    start = datetime.fromtimestamp(moment.timestamp() // grain * grain, UTC)
    since: dict[str, object] = {"start": start}
    counted: dict[str, object] = {"start": start, "grain": grain}
    pairs = [
        (SUMMARY, since, economy.SUMMARY, counted),
        (FAMILIES, since, economy.FAMILIES, counted),
        (CHOICES, since, events.CHOICES, counted),
        (economy.FINE_FLOW, {**since, "width": 7_200}, economy.FLOW, {**counted, "width": 7_200}),
    ]
    with connect(folder) as store:
        for scan, asked, sql, parameters in pairs:
            wanted = store.query(scan, asked)
            found = store.query(sql, parameters).select(wanted.columns)
            assert_frame_equal(found, wanted, check_dtypes=False)


@pytest.mark.parametrize(
    "sql", [EXTENT, economy.SUMMARY, economy.FLOW, economy.FAMILIES, events.CHOICES]
)
def test_of_the_events_only_those_not_folded_yet_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(rollups, "FOLD_ROWS", 100)
    with Writer(tmp_path) as writer:
        writer.append(batch(actions(200)))
        until_folded(writer)
        writer.append(batch(actions(30, first=200)))
        asked = {"start": NOON.replace(minute=0), "grain": 60, "width": 120}
        named = {name: value for name, value in asked.items() if f"${name}" in sql}
        plan = writer.cursor().execute("EXPLAIN (ANALYZE, FORMAT json) " + sql, named).fetchall()

    assert [
        rows for rows in scanned("events", json.loads(plan[0][1])["operator"][0]) if rows > 30
    ] == []


def scanned(table: str, node: dict[str, Any]) -> list[int]:
    """How many rows each scan of a table gave."""
    is_it = str(node.get("extra_info", {}).get("Table", "")).endswith(f".{table}")
    mine = [int(node["intermediate_rows"])] if is_it else []
    return mine + [rows for child in node.get("children", ()) for rows in scanned(table, child)]
