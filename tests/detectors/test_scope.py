"""The scope detector: event-time grants, attenuation, three answers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from tests.detectors.histories import HOUR, START, frame, histories

from commonmode.detectors import Query, Score
from commonmode.detectors.scope import Act, Grant, Ledger, Scope
from commonmode.detectors.scope.grants import place, within
from commonmode.events import ActionTaken, Event, PermissionGranted, PermissionRevoked, to_table


def minute(m: int) -> datetime:
    return START + timedelta(minutes=m)


def grant(name: str, agent: str, at: int = 0, **fields: Any) -> PermissionGranted:
    return PermissionGranted(id=f"{name}@{at}", at=minute(at), agent=agent, grant=name, **fields)


def revoke(name: str, at: int) -> PermissionRevoked:
    return PermissionRevoked(id=f"no {name}@{at}", at=minute(at), agent="boss", grant=name)


def act(agent: str, at: int, action: str = "read", resource: str = "a", **f: Any) -> ActionTaken:
    name = f"{agent}@{at}{f}"
    return ActionTaken(id=name, at=minute(at), agent=agent, action=action, resource=resource, **f)


def scores(*events: Event) -> dict[str, Score]:
    return {score.agents[0]: score for score in Scope().detect(frame(list(events)), HOUR)}


def verdict(*events: Event, of: str = "ann") -> str:
    return scores(*events)[of].verdict


def test_an_action_under_a_grant_is_no_breach() -> None:
    assert verdict(grant("g", "ann", actions=["read"], resources=["a"]), act("ann", 1)) == "clear"


def test_an_action_before_its_grant_is_a_breach() -> None:
    assert verdict(grant("g", "ann", at=2), act("ann", 1)) == "finding"


def test_a_grant_ends_at_valid_until_exactly() -> None:
    until = grant("g", "ann", valid_until=minute(5))

    assert verdict(until, act("ann", 4)) == "clear"
    assert verdict(until, act("ann", 5)) == "finding"


def test_a_covering_grant_counts_even_when_a_later_grant_does_not_cover() -> None:
    wide, narrow = grant("wide", "ann"), grant("narrow", "ann", at=1, actions=["write"])

    assert verdict(wide, narrow, act("ann", 2)) == "clear"


def test_a_prefix_ends_at_a_slash() -> None:
    p1 = grant("g", "ann", resources=["repo/p1"])

    assert verdict(p1, act("ann", 1, resource="repo/p1/x")) == "clear"
    assert verdict(p1, act("ann", 1, resource="repo/p19")) == "finding"


def test_a_path_that_climbs_lies_under_no_prefix() -> None:
    p1 = grant("g", "ann", resources=["repo/p1"])

    assert verdict(p1, act("ann", 1, resource="repo/p1/../p2")) == "finding"


def test_revoking_a_grant_ends_everything_delegated_from_it() -> None:
    chain = [
        grant("root", "boss"),
        grant("mid", "bob", parent_grant="root"),
        grant("leaf", "ann", parent_grant="mid"),
        revoke("root", 5),
    ]

    assert verdict(*chain, act("ann", 4)) == "clear"
    assert verdict(*chain, act("ann", 5)) == "finding"


def test_a_grant_given_again_after_its_revocation_is_a_new_one() -> None:
    events = [grant("g", "ann"), revoke("g", 2), grant("g", "ann", at=4)]

    assert verdict(*events, act("ann", 3)) == "finding"
    assert verdict(*events, act("ann", 4)) == "clear"


def test_delegation_only_narrows() -> None:
    parent = grant("root", "boss", actions=["read"], resources=["a"])
    child = grant("leaf", "ann", parent_grant="root", actions=["read", "write"])
    score = scores(parent, child, act("ann", 1, "read"), act("ann", 2, "write"))["ann"]

    assert score.statistic == 1
    assert score.measures["escalations"] == 1


def test_eight_legitimate_delegations_permit_the_last_delegatee() -> None:
    chain = [grant("g0", "a0", resources=["a"])]
    chain += [grant(f"g{i}", f"a{i}", parent_grant=f"g{i - 1}") for i in range(1, 9)]

    assert verdict(*chain, act("a8", 1), of="a8") == "clear"


def test_a_chain_in_a_circle_permits_nothing() -> None:
    circle = [grant("g", "ann", parent_grant="h"), grant("h", "bob", parent_grant="g")]

    assert verdict(*circle, act("ann", 1)) == "finding"


def test_an_agent_without_any_grant_is_undetermined() -> None:
    assert verdict(grant("g", "bob"), act("ann", 1)) == "undetermined"


def test_a_chain_to_a_grant_never_seen_is_undetermined() -> None:
    assert verdict(grant("g", "ann", parent_grant="lost"), act("ann", 1)) == "undetermined"


def test_an_action_is_judged_under_the_grant_it_names() -> None:
    events = [grant("wide", "ann"), grant("narrow", "ann", actions=["write"])]

    assert verdict(*events, act("ann", 1, grant="wide")) == "clear"
    assert verdict(*events, act("ann", 1, grant="narrow")) == "finding"
    assert verdict(*events, act("ann", 1, grant="lost")) == "undetermined"


def test_using_the_grant_of_another_agent_is_a_breach() -> None:
    assert verdict(grant("g", "bob"), grant("h", "ann"), act("ann", 1, grant="g")) == "finding"


def test_a_grant_approved_in_arrears_takes_the_breach_back() -> None:
    events = [grant("old", "ann", actions=["write"]), act("ann", 5)]
    approved = grant("glass", "ann", at=9, valid_from=minute(4))

    assert verdict(*events) == "finding"
    assert verdict(*events, approved) == "clear"


def test_attempts_are_counted_apart_from_successes() -> None:
    none = grant("g", "ann", actions=[])
    tried = [act("ann", 1, outcome="denied"), act("ann", 2, attempted=True)]
    measures = scores(none, *tried, act("ann", 3, outcome="ok"))["ann"].measures

    assert (measures["breaches"], measures["attempts"]) == (1, 2)


def test_an_action_on_an_unnamed_resource_is_undetermined_under_a_limited_grant() -> None:
    limited = grant("g", "ann", resources=["a"])
    unnamed = ActionTaken(id="x", at=minute(1), agent="ann", action="read")

    assert verdict(limited, unnamed) == "undetermined"


@pytest.mark.parametrize("path", ["repo/p1", "repo/p1/", "repo/p1/src"])
def test_trailing_slashes_make_no_difference(path: str) -> None:
    assert within(path, {place("repo/p1//")})


def by_rules(events: list[Event]) -> Counter[tuple[str, str]]:
    ledger = Ledger()
    for event in events:
        match event:
            case PermissionGranted():
                ledger.add(Grant.of(event))
            case PermissionRevoked():
                ledger.revoke(event.grant, event.at)
            case _:
                pass
    acts = [event for event in events if isinstance(event, ActionTaken)]
    return Counter((a.agent, ledger.answer(Act.of(a), HOUR.end)) for a in acts)


def by_columns(events: list[Event]) -> Counter[tuple[str, str]]:
    found = Counter[tuple[str, str]]()
    for name, score in scores(*events).items():
        unknown = int(score.measures["undetermined"])
        found[name, "breach"] = int(score.statistic)
        found[name, "undetermined"] = unknown
        found[name, "ok"] = score.n - int(score.statistic) - unknown
    return found


@settings(max_examples=200, deadline=None)
@given(histories)
def test_columns_and_rules_give_the_same_answers(events: list[Event]) -> None:
    assert +by_columns(events) == by_rules(events)


def run(db: duckdb.DuckDBPyConnection, query: Query) -> list[tuple[Any, ...]]:
    return db.execute(query.text, query.parameters).fetchall()


@settings(max_examples=25, deadline=None)
@given(histories)
def test_the_sql_of_a_score_gives_its_statistic_and_its_events(events: list[Event]) -> None:
    with duckdb.connect() as db:
        db.register("events", to_table(events))
        for score in scores(*events).values():
            assert run(db, score.recompute) == [(score.statistic,)]
            assert len(run(db, score.evidence)) == score.statistic


@settings(max_examples=100, deadline=None)
@given(histories)
def test_removing_a_grant_never_makes_a_breach_ok(events: list[Event]) -> None:
    """Less permission never permits more; a lost parent may leave the answer open."""
    grants = [event for event in events if isinstance(event, PermissionGranted)]
    ok = {name: count for (name, answer), count in by_rules(events).items() if answer == "ok"}
    for lost in grants:
        left = by_rules([event for event in events if event is not lost])
        assert all(left[name, "ok"] <= count for name, count in ok.items())
