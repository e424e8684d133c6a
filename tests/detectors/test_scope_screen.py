"""What is screened out is what judging would have said nothing of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from tests.detectors.histories import HOUR, START, frame, histories

from commonmode.detectors import Query, Scope, Window
from commonmode.detectors.scope import screen
from commonmode.events import ActionTaken, Event, PermissionGranted, PermissionRevoked, to_table

HALVES = (
    Window(START, START + timedelta(minutes=30)),
    Window(START + timedelta(minutes=30), HOUR.end),
)


def doubted(events: Sequence[Event]) -> list[tuple[str, datetime]]:
    query = Scope().doubted(Query("true"))
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("events", to_table(events))
        return db.execute(query.text, query.parameters).fetchall()


@settings(max_examples=200, deadline=None)
@given(histories)
def test_agents_that_are_not_doubted_have_no_score(events: list[Event]) -> None:
    whole = Scope().tally(frame(events))
    known = doubted(events)
    for window in HALVES:
        heard = {agent for agent, at in known if window.start <= at < window.end}
        others = pl.col("agent").is_in(list(heard)).not_()
        calm = {**whole, "actions": whole["actions"].filter(others)}
        agents = [s for s in Scope().judge(calm, window) if s.subject.startswith("agent:")]
        assert agents == []


def minute(m: int) -> datetime:
    return START + timedelta(minutes=m)


def grant(name: str, at: int = 0, **fields: Any) -> PermissionGranted:
    return PermissionGranted(id=f"{name}@{at}", at=minute(at), agent="ann", grant=name, **fields)


def act(at: int = 5, **fields: Any) -> ActionTaken:
    given = {"action": "read", "resource": "repo/p1/a.py", **fields}
    return ActionTaken(id=f"{at}{fields}", at=minute(at), agent="ann", **given)


def doubts(*events: Event) -> int:
    """Count the actions that no plain permission settles."""
    return len(doubted(events))


@pytest.mark.parametrize(
    "permission",
    [
        [grant("g")],
        [grant("g", resources=["docs", "repo/p1/"], actions=["read", "write"])],
        [grant("g", resources=["repo/p1/a.py"])],
        [grant("g", resources=["/repo", "repo"]), grant("h", parent_grant="g")],
    ],
)
def test_an_action_that_a_plain_chain_covers_is_settled(permission: list[Event]) -> None:
    assert doubts(*permission, act(), act(6, grant="g")) == 0


@pytest.mark.parametrize(
    "doubted",
    [
        [grant("g", resources=["repo/p19"])],
        [grant("g", resources=[])],
        [grant("g", actions=["write"])],
        [grant("g", provenance=["mail"])],
        [grant("g", parent_grant="unseen")],
        [grant("g", break_glass=True)],
        [grant("g", recorded_at=minute(6))],
        [grant("g", valid_until=minute(5))],
        [grant("g"), PermissionRevoked(id="r", at=minute(4), agent="boss", grant="g")],
        [],
    ],
)
def test_an_action_that_may_be_a_breach_or_open_is_left_to_be_judged(doubted: list[Event]) -> None:
    assert doubts(*doubted, act()) == 1


def test_a_path_that_climbs_is_left_to_be_judged() -> None:
    assert doubts(grant("g", resources=["repo"]), act(resource="repo/../etc")) == 1


def test_labels_that_a_grant_names_settle_an_action_on_such_data() -> None:
    assert doubts(grant("g", provenance=["mail", "web"]), act(provenance=["mail"])) == 0


def test_an_agent_with_many_permissions_is_left_to_be_judged() -> None:
    many = [grant(f"g{n}") for n in range(screen.MOST_EACH + 1)]

    assert doubts(*many, act()) == 1
    assert doubts(*many, act(grant="g1")) == 0
