"""The scope detector: event-time grants, attenuation, three answers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.detectors.histories import (
    GRANTS,
    HOUR,
    START,
    frame,
    granted,
    histories,
    some_actions,
    some_labels,
    some_places,
)

from commonmode.detectors import Query, Score
from commonmode.detectors.scope import Act, Grant, Ledger, Review, Scope
from commonmode.detectors.scope.grants import BREACHING, PERMITTED, place, within
from commonmode.events import (
    ActionTaken,
    DecisionReviewed,
    Event,
    PermissionGranted,
    PermissionRevoked,
    to_table,
)


def minute(m: int) -> datetime:
    return START + timedelta(minutes=m)


def grant(name: str, agent: str, at: int = 0, **fields: Any) -> PermissionGranted:
    return PermissionGranted(id=f"{name}@{at}", at=minute(at), agent=agent, grant=name, **fields)


def revoke(name: str, at: int) -> PermissionRevoked:
    return PermissionRevoked(id=f"no {name}@{at}", at=minute(at), agent="boss", grant=name)


def act(agent: str, at: int, action: str = "read", resource: str = "a", **f: Any) -> ActionTaken:
    name = f"{agent}@{at}{f}"
    return ActionTaken(id=name, at=minute(at), agent=agent, action=action, resource=resource, **f)


def review(name: str, choice: str, at: int) -> DecisionReviewed:
    return DecisionReviewed(
        id=f"{choice} {name}@{at}", at=minute(at), agent="officer", grant=name, choice=choice
    )


def every_score(*events: Event) -> dict[str, Score]:
    return {score.subject: score for score in Scope().detect(frame(list(events)), HOUR)}


def scores(*events: Event) -> dict[str, Score]:
    return {
        score.agents[0]: score
        for subject, score in every_score(*events).items()
        if subject.startswith("agent:")
    }


def verdict(*events: Event, of: str = "ann") -> str:
    """Return the verdict on an agent; one with no score kept to its grants."""
    said = scores(*events)
    return said[of].verdict if of in said else "clear"


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


def test_an_action_on_data_of_a_label_not_allowed_is_a_confused_deputy() -> None:
    inside = grant("g", "ann", provenance=["mail"])
    score = scores(inside, act("ann", 1, provenance=["web", "mail"]))["ann"]

    assert (score.statistic, score.measures["confused"]) == (1, 1)
    assert "a confused deputy" in " ".join(score.reasons)


def test_data_of_allowed_labels_or_of_none_confuses_nobody() -> None:
    inside = grant("g", "ann", provenance=["mail"])

    assert verdict(inside, act("ann", 1, provenance=["mail"])) == "clear"
    assert verdict(inside, act("ann", 1, provenance=[])) == "clear"
    assert verdict(grant("g", "ann"), act("ann", 1, provenance=["web"])) == "clear"


def test_data_without_labels_is_undetermined_under_a_grant_that_limits_them() -> None:
    assert verdict(grant("g", "ann", provenance=["mail"]), act("ann", 1)) == "undetermined"


def test_what_is_outside_anyway_is_no_confused_deputy() -> None:
    inside = grant("g", "ann", provenance=["mail"], actions=["write"])

    assert scores(inside, act("ann", 1, provenance=["web"]))["ann"].measures["confused"] == 0


def test_an_allowed_label_is_handed_on_only_where_the_parent_allows_it() -> None:
    chain = [grant("g", "boss", provenance=["mail"])]
    chain += [grant("h", "ann", parent_grant="g", provenance=["mail", "web"])]

    assert scores(*chain, act("ann", 1, provenance=["web"]))["ann"].measures["confused"] == 1


def glass(**fields: Any) -> PermissionGranted:
    return grant("glass", "ann", break_glass=True, **fields)


def test_an_approved_exception_permits_and_shows_as_used() -> None:
    score = scores(glass(), act("ann", 1), review("glass", "approve", 30))["ann"]

    assert (score.verdict, score.measures["break_glass"]) == ("clear", 1)


def test_an_exception_that_nobody_reviewed_leaves_it_open() -> None:
    assert verdict(glass(), act("ann", 1)) == "undetermined"


def test_an_exception_rejected_on_review_is_a_breach() -> None:
    events = [glass(), act("ann", 1), review("glass", "approve", 20)]

    assert verdict(*events, review("glass", "reject", 30)) == "finding"


def test_an_exception_used_outside_its_approval_is_a_breach() -> None:
    approved = [glass(resources=["a"], valid_until=minute(10)), review("glass", "approve", 20)]

    assert verdict(*approved, act("ann", 9)) == "clear"
    assert verdict(*approved, act("ann", 11)) == "finding"
    assert verdict(*approved, act("ann", 9, resource="b")) == "finding"


def test_a_review_more_than_a_day_after_the_window_comes_too_late() -> None:
    day = 24 * 60

    assert verdict(glass(), act("ann", 1), review("glass", "approve", 59 + day)) == "clear"
    assert verdict(glass(), act("ann", 1), review("glass", "approve", 60 + day)) == "undetermined"


def test_an_exception_is_not_shown_where_an_ordinary_grant_permits_too() -> None:
    assert "ann" not in scores(grant("g", "ann"), glass(), act("ann", 1))


def test_a_finding_says_what_was_known_then_and_what_is_known_now() -> None:
    mine, late = grant("g", "ann", resources=["a"]), minute(20)
    written_later = grant("h", "ann", resources=["b"], recorded_at=late)
    acts = [act("ann", 5, resource="b"), act("ann", 6, resource="c")]
    score = scores(mine, written_later, *acts)["ann"]

    assert (score.statistic, score.measures["breaches_then"]) == (1, 2)
    assert score.measures["covered_since"] == 1
    assert "As known then: 2 breaches. As known now: 1." in score.reasons


def test_a_revocation_written_down_later_leaves_the_act_permitted_as_known_then() -> None:
    ended = replace(revoke("g", 4), recorded_at=minute(20))
    score = scores(grant("g", "ann"), ended, act("ann", 5))["ann"]

    assert (score.verdict, score.measures["permitted_then"]) == ("finding", 1)


def test_what_a_grant_written_later_covers_is_clear_and_says_so() -> None:
    mine, later = grant("g", "ann", actions=[]), grant("h", "ann", recorded_at=minute(9))
    score = scores(mine, later, act("ann", 5))["ann"]

    assert score.verdict == "clear"
    assert "1 of them was a breach as known then" in score.claim


def test_a_grant_that_names_more_than_its_parent_is_flagged_when_given() -> None:
    edge = [
        grant("g", "boss", resources=["repo"]),
        grant("h", "ann", at=9, parent_grant="g", resources=["repo/p1", "vault"]),
    ]
    found = every_score(*edge)["grant:h"]

    assert (found.verdict, found.agents, found.resources) == ("finding", ("ann",), ("vault",))
    assert "Escalation edge g → h" in found.claim


@pytest.mark.parametrize(
    "child",
    [
        {"resources": ["repo/p1"]},
        {"actions": ["read"]},
        {"valid_until": minute(50)},
        {"provenance": ["web"]},
    ],
)
def test_a_grant_within_its_parent_is_no_edge(child: dict[str, Any]) -> None:
    parent = grant("g", "boss", resources=["repo"], valid_until=minute(40))

    assert not every_score(parent, grant("h", "ann", parent_grant="g", **child))


def test_a_parent_that_was_widened_takes_the_edge_away() -> None:
    first, again = grant("g", "boss", resources=["repo"]), grant("g", "boss", at=5)
    child = grant("h", "ann", at=9, parent_grant="g", resources=["vault"])

    assert "grant:h" in every_score(first, child)
    assert not every_score(first, again, child)


def test_an_edge_is_flagged_in_the_window_in_which_it_comes_into_force() -> None:
    parent = grant("g", "boss", resources=["repo"])
    later = {"parent_grant": "g", "resources": ["vault"], "valid_from": minute(70)}

    assert not every_score(parent, grant("h", "ann", at=9, **later))


@pytest.mark.parametrize("path", ["repo/p1", "repo/p1/", "repo/p1/src"])
def test_trailing_slashes_make_no_difference(path: str) -> None:
    assert within(path, {place("repo/p1//")})


def ledger_of(events: list[Event]) -> Ledger:
    ledger = Ledger()
    for event in events:
        known = event.recorded_at or event.at
        match event:
            case PermissionGranted():
                ledger.add(Grant.of(event))
            case PermissionRevoked():
                ledger.revoke(event.grant, event.at, known)
            case DecisionReviewed(grant=str() as name, choice="approve" | "reject" as choice):
                ledger.review(name, Review(choice == "approve", event.at, known))
            case _:
                pass
    return ledger


def acts_of(events: list[Event]) -> list[Act]:
    return [Act.of(event) for event in events if isinstance(event, ActionTaken)]


def by_rules(events: list[Event]) -> dict[str, Counter[str]]:
    """Count, per agent, what the rules say of its actions, now and then; silent ones left out."""
    ledger, counts = ledger_of(events), dict[str, Counter[str]]()
    for act in acts_of(events):
        now, then = ledger.answer(act, HOUR.end), ledger.answer(act, HOUR.end, by=act.at)
        known = {
            "breaching": now in BREACHING,
            "confused": now == "confused",
            "break_glass": now == "break-glass",
            "undetermined": now == "undetermined",
            "breaches_then": now != "undetermined" and then in BREACHING,
            "covered_since": now in PERMITTED and then in BREACHING,
            "permitted_then": now in BREACHING and then in PERMITTED,
        }
        counts.setdefault(act.agent, Counter()).update([k for k, true in known.items() if true])
    return {agent: count for agent, count in counts.items() if count}


def by_columns(events: list[Event]) -> dict[str, Counter[str]]:
    counted = {}
    for name, score in scores(*events).items():
        numbers = {k: int(v) for k, v in score.measures.items()}
        numbers["breaching"] = numbers["breaches"] + numbers["attempts"]
        for other in ("breaches", "attempts", "escalations", "blast_radius", "over_privilege"):
            numbers.pop(other, None)
        counted[name] = +Counter(numbers)
    return counted


@settings(max_examples=200, deadline=None)
@given(histories)
def test_columns_and_rules_give_the_same_answers(events: list[Event]) -> None:
    assert by_columns(events) == by_rules(events)


def run(db: duckdb.DuckDBPyConnection, query: Query) -> list[tuple[Any, ...]]:
    return db.execute(query.text, query.parameters).fetchall()


@settings(max_examples=25, deadline=None)
@given(histories)
def test_the_sql_of_a_score_gives_its_statistic_and_its_events(events: list[Event]) -> None:
    with duckdb.connect() as db:
        db.register("events", to_table(events))
        for subject, score in every_score(*events).items():
            assert run(db, score.recompute) == [(score.statistic,)]
            found = len(run(db, score.evidence))
            assert found == score.statistic or (found and subject.startswith("grant:"))


@settings(max_examples=25, deadline=None)
@given(histories)
def test_the_sql_of_many_scores_at_once_gives_what_that_of_each_gives(events: list[Event]) -> None:
    scores = every_score(*events).values()
    with duckdb.connect() as db:
        db.register("events", to_table(events))
        for parameter, column in Scope.asked_at_once.items():
            each = {
                score.subject.partition(":")[2]: score.evidence
                for score in scores
                if parameter in score.evidence.parameters
            }
            for query in list(each.values())[:1]:
                of_all = {**query.parameters, parameter: list(each)}
                found = run(db, Query(f'SELECT "{column}", id FROM ({query.text})', of_all))
                for name, one in each.items():
                    alone = run(db, Query(f"SELECT id FROM ({one.text})", one.parameters))
                    assert [(event,) for whose, event in found if whose == name] == alone


def answers(events: list[Event], ledger: Ledger) -> list[str]:
    return [ledger.answer(act, HOUR.end) for act in acts_of(events)]


@settings(max_examples=100, deadline=None)
@given(histories)
def test_removing_a_grant_never_permits_more(events: list[Event]) -> None:
    """Less permission never permits more; a lost parent may leave the answer open."""
    before = answers(events, ledger_of(events))
    for lost in (event for event in events if isinstance(event, PermissionGranted)):
        after = answers(events, ledger_of([event for event in events if event is not lost]))
        assert all(b in PERMITTED for b, a in zip(before, after, strict=True) if a in PERMITTED)


@settings(max_examples=100, deadline=None)
@given(histories, granted)
def test_adding_a_grant_never_makes_a_breach_of_what_was_permitted(
    events: list[Event], more: PermissionGranted
) -> None:
    before = answers(events, ledger_of(events))
    after = answers(events, ledger_of([*events, more]))

    assert all(a in PERMITTED for b, a in zip(before, after, strict=True) if b in PERMITTED)


@settings(max_examples=100, deadline=None)
@given(histories, granted)
def test_adding_a_grant_adds_a_breach_only_where_nothing_was_known(
    events: list[Event], more: PermissionGranted
) -> None:
    """A grant settles what was open: an agent without any, or a parent that was not seen."""
    grants = [event for event in events if isinstance(event, PermissionGranted)]
    before = answers(events, ledger_of(events))
    after = answers(events, ledger_of([*events, more]))
    for act, was, now in zip(acts_of(events), before, after, strict=True):
        if now in BREACHING and was not in BREACHING:
            held = {g.grant for g in grants if g.agent == act.agent}
            seen = {g.grant for g in grants}
            opened = not held if act.grant is None else act.grant not in seen
            assert was == "undetermined"
            assert opened or more.grant not in seen


@settings(max_examples=100, deadline=None)
@given(histories, st.sampled_from(GRANTS), some_actions, some_places, some_labels)
def test_narrowing_a_grant_never_permits_more(
    events: list[Event],
    name: str,
    actions: list[str] | None,
    resources: list[str] | None,
    labels: list[str] | None,
) -> None:
    narrowed = [
        replace(event, **narrower(event, actions, resources, labels))
        if isinstance(event, PermissionGranted) and event.grant == name
        else event
        for event in events
    ]
    before, after = answers(events, ledger_of(events)), answers(events, ledger_of(narrowed))

    assert all(b in PERMITTED for b, a in zip(before, after, strict=True) if a in PERMITTED)


def narrower(
    event: PermissionGranted,
    actions: list[str] | None,
    resources: list[str] | None,
    labels: list[str] | None,
) -> dict[str, Any]:
    """Return the lists of a grant cut down to those of other lists; absent ones do not cut."""

    def cut(own: list[str] | None, other: list[str] | None) -> list[str] | None:
        if own is None or other is None:
            return other if own is None else own
        return [name for name in own if name in other]

    return {
        "actions": cut(event.actions, actions),
        "resources": cut(event.resources, resources),
        "provenance": cut(event.provenance, labels),
    }
