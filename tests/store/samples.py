"""Events with nothing in them but what a test is about."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from commonmode.events import (
    ActionTaken,
    Event,
    FindingRaised,
    FindingRevised,
    Position,
    Rejected,
    to_table,
)
from commonmode.store import Batch, Writer, rollups, store_path


@cache
def _empty_store() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Writer(folder).close()
        return store_path(folder).read_bytes()


def with_empty_store(folder: Path) -> Path:
    """Put an empty store into a folder: copied, because making its tables takes a while."""
    store_path(folder).write_bytes(_empty_store())
    return folder


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder with an empty store, for a test that needs many."""
    with tempfile.TemporaryDirectory() as folder:
        yield with_empty_store(Path(folder))


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def action(number: int, **fields: Any) -> ActionTaken:
    """The `number`-th action, a second after the one before."""
    fields = {"agent": "a", "at": NOON + timedelta(seconds=number), **fields}
    return ActionTaken(id=fields.pop("id", f"event-{number}"), **fields)


def actions(count: int, first: int = 0) -> list[Event]:
    """`count` actions."""
    return [action(number) for number in range(first, first + count)]


def batch(events: Iterable[Event], rejected: Iterable[Rejected] = (), **others: Any) -> Batch:
    """A batch of events."""
    return Batch(to_table(list(events)), list(rejected), **others)


def refused(line: int = 1, payload: bytes = b"\xff\x00") -> Rejected:
    """A record that is no event."""
    return Rejected("needed an object", "send one", payload, Position("log.jsonl", None, line))


def finding(revision: int = 0, finding_id: str = "f", **fields: Any) -> Event:
    """A finding in its `revision`-th form."""
    kind = FindingRevised if revision else FindingRaised
    content = {
        "finding_id": finding_id,
        "detector": "scope",
        "version": 1,
        "status": "updated" if revision else "opened",
        "revision": revision,
        "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"},
        "score": {
            "subject": "agent:a",
            "claim": "a overstepped",
            "statistic": 3.0,
            "effect": 1.5,
            "n": 9,
            "p_value": 0.01,
            "agents": ["a", "b"],
            "resources": ["repo/x"],
            "null_sample": [0, 0.5, 2],
            "measures": {"breaches": 3.0},
            "reasons": [],
        },
        "parameters": {"seed": 0},
        "evidence_ids": ["event-2", "event-1"],
        "evidence_total": 2,
        "evidence_sql": "SELECT 1",
        "recompute_sql": "SELECT 3.0",
        "as_of": {"commonmode.events[0]": 7},
        **fields,
    }
    name = f"{finding_id}:{revision}"
    return kind(id=name, at=NOON, agent="commonmode/scope", finding=content)


def until_folded(writer: Writer) -> None:
    """Wait until readers of counts have no more events to scan than they should."""
    cursor = writer.cursor()
    waiting = (
        "SELECT count(*) FROM events WHERE seq >= (SELECT coalesce(max(next_seq), 0) FROM folds)"
    )
    while cursor.execute(waiting).fetchall()[0][0] >= rollups.FOLD_ROWS:
        time.sleep(0.005)
