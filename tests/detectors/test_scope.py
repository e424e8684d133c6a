"""The scope detector: event-time grants, attenuation, three answers."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.detectors.scope_cases import (
    act,
    every_score,
    grant,
    minute,
    review,
    revoke,
    scores,
    verdict,
)

from commonmode.detectors.scope.grants import place, within
from commonmode.events import (
    ActionTaken,
    PermissionGranted,
)


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
