"""Random histories of grants, revocations and actions, small enough to collide often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import strategies as st
from msgspec.structs import replace

from commonmode.detectors import Window
from commonmode.events import (
    ActionTaken,
    DecisionReviewed,
    Event,
    PermissionGranted,
    PermissionRevoked,
    to_table,
)

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
HOUR = Window(START, START + timedelta(hours=1))
AGENTS = ("ann", "bob", "cy")
GRANTS = ("g1", "g2", "g3", "g4", "g5")
PLACES = ("repo", "repo/p1", "repo/p1/src", "repo/p19", "docs/", "/", "repo/p1/../p19")
RESOURCES = (*PLACES, "repo/p1/src/a.py", "repo/p1/", "docs", "/etc", "docs/x/../y")
ACTIONS = ("read", "write")
LABELS = ("web", "mail")

minutes = st.integers(0, 59).map(lambda m: START + timedelta(minutes=m))
some_actions = st.none() | st.lists(st.sampled_from(ACTIONS), max_size=2)
some_places = st.none() | st.lists(st.sampled_from(PLACES), max_size=3)
some_labels = st.none() | st.lists(st.sampled_from(LABELS), max_size=2)

granted = st.builds(
    PermissionGranted,
    id=st.just(""),
    at=minutes,
    agent=st.sampled_from(AGENTS),
    grant=st.sampled_from(GRANTS),
    parent_grant=st.none() | st.sampled_from((*GRANTS, "unseen")),
    actions=some_actions,
    resources=some_places,
    valid_from=st.none() | minutes,
    valid_until=st.none() | minutes,
    provenance=some_labels,
    break_glass=st.none() | st.booleans(),
    recorded_at=st.none() | minutes,
)
revoked = st.builds(
    PermissionRevoked,
    id=st.just(""),
    at=minutes,
    agent=st.sampled_from(AGENTS),
    grant=st.sampled_from(GRANTS),
    recorded_at=st.none() | minutes,
)
reviewed = st.builds(
    DecisionReviewed,
    id=st.just(""),
    at=minutes.map(lambda at: at + timedelta(hours=3)) | minutes,
    agent=st.just("officer"),
    grant=st.none() | st.sampled_from(GRANTS),
    choice=st.sampled_from(("approve", "approve", "reject", "escalate")),
    recorded_at=st.none() | minutes,
)
acted = st.builds(
    ActionTaken,
    id=st.just(""),
    at=minutes,
    agent=st.sampled_from(AGENTS),
    action=st.none() | st.sampled_from(ACTIONS),
    resource=st.none() | st.sampled_from(RESOURCES),
    outcome=st.none() | st.sampled_from(("ok", "denied", "error", "timeout")),
    attempted=st.none() | st.booleans(),
    grant=st.none() | st.sampled_from((*GRANTS, "unseen")),
    provenance=some_labels,
)


def numbered(events: Sequence[Event]) -> list[Event]:
    """Give every event its own id."""
    return [replace(event, id=f"e{i}") for i, event in enumerate(events)]


histories = st.lists(granted | revoked | acted | reviewed, max_size=25).map(numbered)


def frame(events: list[Event]) -> pl.LazyFrame:
    """Lay events out as detectors read them."""
    table = pl.from_arrow(to_table(events))
    assert isinstance(table, pl.DataFrame)
    return table.lazy()
