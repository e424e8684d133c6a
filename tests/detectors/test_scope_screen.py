"""What is screened out is what judging would have said nothing of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from tests.detectors.histories import HOUR, START, frame, histories
from tests.digested import show

from commonmode.detectors import Query, Scope, Window
from commonmode.detectors.bound import digest
from commonmode.events import ActionTaken, Event, PermissionGranted, PermissionRevoked, to_table

HALVES = (
    Window(START, START + timedelta(minutes=30)),
    Window(START + timedelta(minutes=30), HOUR.end),
)


def asked(events: Sequence[Event], query: Query) -> pl.DataFrame:
    db = database()
    show(db, to_table(events))
    return pl.DataFrame(db.sql(query.text, params=query.parameters).to_arrow_table())


@cache
def database() -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    return db


def doubted(events: Sequence[Event], window: Window = HOUR) -> pl.DataFrame:
    """Return whom the screen names in a window, a row for each reason."""
    screen = Scope().screen()
    apart, plain = asked(events, screen.apart(inside(window))), asked(events, screen.plain())
    left = screen.doubting(plain)(asked(events, screen.asked(inside(window))))
    return pl.concat([left, apart], how="diagonal")


def inside(window: Window) -> Query:
    return Query('"at" >= $start AND "at" < $end', {"start": window.start, "end": window.end})


def related(events: Sequence[Event], window: Window, doubted: pl.DataFrame | None) -> list[Event]:
    """Return a window's own events, and of what is handed on what the detector asks for."""
    where = Scope().related(inside(window), doubted)
    ids = set(
        asked(events, Query(f"SELECT id FROM events WHERE {where.text}", where.parameters))["id"]
    )
    return [event for event in events if isinstance(event, ActionTaken) or event.id in ids]


@settings(max_examples=100, deadline=None)
@given(histories)
def test_agents_that_are_not_doubted_have_no_score(events: list[Event]) -> None:
    whole = Scope().tally(frame(events))
    for window in HALVES:
        heard = doubted(events, window)
        scores = Scope().judge(whole, window)
        named = [agent for score in scores for agent in score.agents]
        assert set(digest(pl.Series(named, dtype=pl.String))) <= set(heard["agent_digest"])


@settings(max_examples=100, deadline=None)
@given(histories)
def test_only_what_is_related_matters_to_a_window(events: list[Event]) -> None:
    whole = Scope().tally(frame(events))
    for window in HALVES:
        some = Scope().tally(frame(related(events, window, None)))
        assert Scope().judge(some, window) == Scope().judge(whole, window)


@settings(max_examples=100, deadline=None)
@given(histories)
def test_of_those_doubted_their_own_lineage_is_enough(events: list[Event]) -> None:
    whole = Scope().tally(frame(events))
    for window in HALVES:
        heard = doubted(events, window)
        some = Scope().tally(frame(related(events, window, heard)))
        those = heard["agent_digest"].implode()
        [few, all_] = (
            {**known, "actions": acts.filter(digest(acts["agent"]).is_in(those))}
            for known in (some, whole)
            for acts in [known["actions"]]
        )
        assert Scope().judge(few, window) == Scope().judge(all_, window)


def minute(m: int) -> datetime:
    return START + timedelta(minutes=m)


def grant(name: str, at: int = 0, **fields: Any) -> PermissionGranted:
    return PermissionGranted(id=f"{name}@{at}", at=minute(at), agent="ann", grant=name, **fields)


def act(at: int = 5, **fields: Any) -> ActionTaken:
    given = {"action": "read", "resource": "repo/p1/a.py", **fields}
    return ActionTaken(id=f"{at}{fields}", at=minute(at), agent="ann", **given)


def doubts(*events: Event) -> int:
    """Count the agents of whom no plain permission settles all."""
    return doubted(events)["agent_digest"].n_unique()


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


def test_where_labels_are_limited_the_action_is_left_to_be_judged() -> None:
    assert doubts(grant("g", provenance=["mail", "web"]), act(provenance=["mail"])) == 1


@pytest.mark.parametrize(
    ("places", "left"),
    [(["repo/p1"], 0), (["repo/p1/a", "repo/p1/c"], 0), (["repo/p1/a", "repo/p1/b"], 1)],
)
def test_each_action_is_settled_by_any_place_that_holds_it(places: list[str], left: int) -> None:
    acts = [act(n, resource=f"repo/p1/{name}/x") for n, name in enumerate("acaca", start=5)]

    assert doubts(grant("g", resources=places), *acts) == left


def test_paths_beside_a_place_that_begin_like_it_are_left_to_be_judged() -> None:
    acts = [act(n, resource=f"repo/p1{end}") for n, end in enumerate(["", "-x", "/x"], start=5)]

    assert doubts(grant("g", resources=["repo/p1"]), *acts) == 1


def test_a_permission_settles_what_was_done_before_its_end_alone() -> None:
    permission = grant("g", valid_until=minute(7))

    assert doubts(permission, act(5), act(6)) == 0
    assert doubted([permission, act(5), act(8)])["first"].to_list() == [minute(8)]


def test_a_renewed_grant_settles_what_each_of_its_times_holds() -> None:
    renewed = [grant("g", at=at, valid_until=minute(at + 2)) for at in (0, 4, 8)]

    assert doubts(*renewed, act(1, grant="g"), act(5, grant="g"), act(9)) == 0
    assert doubts(*renewed, act(1, grant="g"), act(7, grant="g")) == 1


def test_another_agents_grant_settles_nothing() -> None:
    other = PermissionGranted(id="o", at=minute(0), agent="bob", grant="g")

    assert doubts(other, act(grant="g")) == 1


@pytest.mark.parametrize(
    ("child", "left"),
    [
        ({"resources": ["repo/p1"]}, 0),
        ({}, 0),
        ({"resources": ["repo/p1", "vault"]}, 1),
        ({"resources": ["repo"], "actions": ["delete"]}, 1),
        ({"resources": ["repo/../vault"]}, 1),
    ],
)
def test_grants_that_plainly_stay_within_their_parents_are_passed_over(
    child: dict[str, Any], left: int
) -> None:
    parent = grant("g", resources=["repo/"], actions=["read"])

    assert doubts(parent, grant("h", at=1, parent_grant="g", **child)) == left
