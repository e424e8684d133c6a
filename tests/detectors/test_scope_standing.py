"""What plain permissions settle at once is what judging in full would have said nothing of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from tests.detectors.histories import HOUR, START, frame, histories

from commonmode.detectors import Scope, Tallies, Window
from commonmode.detectors.coding import coded
from commonmode.detectors.scope import standing
from commonmode.detectors.scope.chains import Known
from commonmode.detectors.scope.standing import Standing
from commonmode.events import ActionTaken, Event, PermissionGranted, PermissionRevoked

HALVES = (
    Window(START, START + timedelta(minutes=30)),
    Window(START + timedelta(minutes=30), HOUR.end),
)


@pytest.fixture(autouse=True)
def _resolve_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "PER_GRANT", 1_000)


def inside(part: Tallies, window: Window) -> Tallies:
    at = pl.col("at").is_between(window.start, window.end, closed="left")
    return {"actions": part["actions"].filter(at)}


@settings(max_examples=30, deadline=None)
@given(histories, histories)
def test_a_sitting_says_of_every_window_what_judging_it_in_full_says(
    one: Sequence[Event], other: Sequence[Event]
) -> None:
    scope = Scope()
    parts = [scope.tally(frame(list(events))) for events in (one, other)]
    whole = scope.merge(parts)
    carried = {name: rows for name, rows in whole.items() if name != "actions"}
    sitting = scope.sitting(carried)
    for window in HALVES:
        own = [inside(part, window) for part in parts]
        assert sitting.scores(own, carried, window) == scope.judge(whole, window)


def minute(m: int) -> datetime:
    return START + timedelta(minutes=m)


def grant(name: str, at: int = 0, **fields: Any) -> PermissionGranted:
    return PermissionGranted(id=f"{name}@{at}", at=minute(at), agent="ann", grant=name, **fields)


def act(at: int = 5, **fields: Any) -> ActionTaken:
    given = {"action": "read", "resource": "repo/p1/a.py", **fields}
    return ActionTaken(id=f"{at}{fields}", at=minute(at), agent="ann", **given)


def doubts(*events: Event) -> int:
    """Count the actions that no plain permission settles."""
    tallies = Scope().merge([Scope().tally(frame(list(events)))])
    coded_ones = {name: coded(rows) for name, rows in tallies.items()}
    return Standing(Known.of_tallies(coded_ones)).doubtful(coded_ones["actions"]).height


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
    many = [grant(f"g{n}") for n in range(standing.MOST_EACH + 1)]

    assert doubts(*many, act()) == 1
    assert doubts(*many, act(grant="g1")) == 0
