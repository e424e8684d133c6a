"""What must hold of scope for every history: its rules, its columns and its SQL agree."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.detectors.histories import (
    GRANTS,
    HOUR,
    granted,
    histories,
    some_actions,
    some_labels,
    some_places,
)
from tests.detectors.scope_cases import (
    every_score,
    scores,
)

from commonmode.detectors import Query
from commonmode.detectors.scope import Act, Grant, Ledger, Review, Scope
from commonmode.detectors.scope.grants import BREACHING, PERMITTED
from commonmode.events import (
    ActionTaken,
    DecisionReviewed,
    Event,
    PermissionGranted,
    PermissionRevoked,
    to_table,
)


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
