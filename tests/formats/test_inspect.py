"""A sample of an Inspect log becomes what its agents were asked, did, read and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.eval_file import EVENTS, SAMPLE, as_json, entries, packed, packed_by_zstd

from commonmode.events import (
    ActionTaken,
    ContentObserved,
    DecisionReviewed,
    Event,
    Rejected,
    TaskDelegated,
    kind_of,
)
from commonmode.formats import DamagedLogError, UnknownFormatError, detect, get, inspect_json

WHOLE = packed(entries(SAMPLE))


def read(log: bytes) -> list[Event | Rejected]:
    return list(get("inspect").read(BytesIO(log), "run.eval"))


def events(*samples: dict[str, Any]) -> list[Event]:
    found = read(packed(entries(*samples or (SAMPLE,))))
    assert [record for record in found if isinstance(record, Rejected)] == []
    return [record for record in found if isinstance(record, Event)]


def actions(*samples: dict[str, Any]) -> list[ActionTaken]:
    return [event for event in events(*samples) if isinstance(event, ActionTaken)]


def test_a_sample_is_a_task_its_actions_what_they_returned_and_an_answer() -> None:
    assert [kind_of(event) for event in events()] == [
        "task_delegated",
        "decision_reviewed",
        "action_taken",
        "content_observed",
        "action_taken",
        "content_observed",
        "action_taken",
        "content_observed",
        "task_delegated",
        "action_taken",
        "task_ended",
    ]


def test_what_was_asked_is_what_the_sample_says() -> None:
    asked = events()[0]

    assert isinstance(asked, TaskDelegated)
    assert (asked.agent, asked.delegatee) == ("user", "vendor/larch-2")
    assert asked.args == {"instruction": "Pay the plumber."}


def test_an_action_has_its_agent_its_model_its_situation_and_its_time() -> None:
    mail, pay, _, _ = actions()

    assert (mail.agent, mail.role) == ("vendor/larch-2/clerk", "clerk")
    assert (mail.model, mail.family) == ("vendor/larch-2-mini", "larch")
    assert (mail.context, pay.context) == ("bank/q1/0", "bank/q1/1")
    assert (mail.action, mail.args, mail.side_effect) == ("read_mail", {"n": 1}, "read")
    assert (mail.at.second, mail.duration_ms, pay.duration_ms) == (4, 1500.0, 1000.0)


def test_a_call_that_was_not_approved_was_only_tried() -> None:
    mail, pay, _, _ = actions()

    assert (mail.outcome, mail.attempted) == ("ok", None)
    assert (pay.outcome, pay.attempted) == ("denied", True)


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        ({"error": {"type": "permission", "message": "no"}}, "denied"),
        ({"error": {"type": "timeout", "message": "no"}}, "timeout"),
        ({"error": {"type": "unknown", "message": "no"}}, "error"),
        ({"failed": True}, "error"),
    ],
)
def test_how_a_call_ended_is_read_off_its_error(call: dict[str, Any], outcome: str) -> None:
    assert actions({**SAMPLE, "events": [{**EVENTS[5], **call}]})[0].outcome == outcome


def test_an_attachment_is_put_back_where_it_was_taken_out() -> None:
    contents = [event for event in events() if isinstance(event, ContentObserved)]

    assert [c.content for c in contents] == [
        "from P: pay me",
        "rejected by a person",
        "over to you",
    ]
    assert contents[0].parent == actions()[0].id
    assert contents[0].at.second == 6


def test_an_approval_points_to_the_action_that_it_let_happen() -> None:
    [review] = (event for event in events() if isinstance(event, DecisionReviewed))

    assert (review.agent, review.choice) == ("auto", "approve")
    assert review.parent == actions()[0].id
    assert review.model is None


def test_a_hand_off_names_the_agent_it_was_made_to() -> None:
    [_, handed] = (event for event in events() if isinstance(event, TaskDelegated))

    assert (handed.agent, handed.delegatee) == ("vendor/larch-2/clerk", "vendor/larch-2/auditor")


def test_a_short_answer_is_a_choice_beside_the_right_one_and_an_essay_is_none() -> None:
    *_, answer = actions()

    assert (answer.action, answer.choice, answer.correct) == ("answer", "B", "B")
    assert (answer.context, answer.options) == ("bank/q1/answer/choice", 2)
    assert answer.extra == {"score": "C"}


def test_no_place_is_named_because_samples_share_none() -> None:
    assert {action.resource for action in actions()} == {None}
    assert "resource" not in get("inspect").fills


def test_reading_twice_gives_the_same_ids_and_no_id_twice() -> None:
    again = {**SAMPLE, "epoch": 2}
    once = [event.id for event in events(SAMPLE, again)]

    assert once == [event.id for event in events(SAMPLE, again)]
    assert len(set(once)) == len(once)


@pytest.mark.parametrize("pack", [packed, packed_by_zstd])
def test_both_ways_of_packing_read_alike(pack: Callable[[Mapping[str, bytes]], bytes]) -> None:
    log = pack(entries(SAMPLE))

    assert detect(log, "run.eval").name == "inspect"
    assert read(log) == read(WHOLE)


def test_a_run_that_broke_off_is_read_by_its_journal() -> None:
    assert read(packed(entries(SAMPLE, header="summaries.json"))) == read(WHOLE)


def test_numbers_that_json_lacks_hide_no_sample() -> None:
    scores = {"choice": {"value": float("nan"), "answer": "B"}}

    assert actions({**SAMPLE, "scores": scores})[-1].extra == {"score": None}


def test_a_sample_without_events_still_has_its_answer() -> None:
    bare = {**SAMPLE, "events": []}

    assert [kind_of(event) for event in events(bare)] == [
        "task_delegated",
        "action_taken",
        "task_ended",
    ]
    assert {event.at.isoformat() for event in events(bare)} == {"2026-03-01T09:00:00+00:00"}


def test_a_broken_event_is_refused_alone_and_can_be_read_again_after_a_fix() -> None:
    broken = [*EVENTS[:5], {**EVENTS[5], "function": None}, *EVENTS[6:]]
    found = read(packed(entries({**SAMPLE, "events": broken})))
    [refused] = (record for record in found if isinstance(record, Rejected))

    assert "`function` must be a non-empty text; found None" in refused.reason
    assert str(refused.position) == "run.eval:3"
    assert len(found) == len(read(WHOLE)) - 1
    mended = refused.payload.replace(b'"function":null', b'"function":"read_mail"')
    assert detect(mended, "").name == "inspect"
    assert read(mended)[0] == actions()[0]


def test_a_sample_that_is_no_json_is_refused_alone() -> None:
    content = entries(SAMPLE) | {"samples/q2_epoch_1.json": b"{broken"}
    *whole, refused = read(packed(content))

    assert whole == read(WHOLE)
    assert isinstance(refused, Rejected)
    assert refused.payload == b"samples/q2_epoch_1.json: {broken"


def test_values_nested_without_end_stop_no_other_sample() -> None:
    deep: Any = "x"
    for _ in range(450):
        deep = [deep]
    nested = {**SAMPLE, "id": "q0", "events": [{**EVENTS[5], "arguments": {"a": deep}}]}
    found = read(packed(entries(nested, SAMPLE)))

    assert found[-len(read(WHOLE)) :] == read(WHOLE)


def test_a_sample_in_parts_is_refused_with_what_to_do() -> None:
    content = entries() | {"samples/q1_epoch_1/sample.json": b"[]"}
    [refused] = read(packed(content))

    assert isinstance(refused, Rejected)
    assert "inspect log convert" in refused.hint


def test_another_zip_is_told_what_was_looked_for() -> None:
    with pytest.raises(UnknownFormatError, match=r"needed an Inspect log .* found a\.json"):
        read(packed({"a.json": b"{}"}))


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=3))
def test_no_damage_ends_in_anything_but_damage(place: int, over: bytes) -> None:
    log = WHOLE[:place] + over + WHOLE[place + len(over) :]
    try:
        for record in read(b"PK\3\4" + log[4:]):
            assert isinstance(record, Event | Rejected)
    except (DamagedLogError, UnknownFormatError):
        pass


def test_a_file_that_was_cut_is_damaged() -> None:
    with pytest.raises(DamagedLogError):
        read(WHOLE[:-30])


@pytest.mark.parametrize("indent", [None, 2, 4])
def test_the_json_form_reads_as_the_archive(indent: int | None) -> None:
    log = as_json(SAMPLE, indent=indent)

    assert detect(log[:200], "run.json").name == "inspect"
    assert read(log) == read(WHOLE)


def test_the_json_form_may_hold_numbers_that_json_lacks() -> None:
    scores = {"choice": {"value": float("nan"), "answer": "B"}}
    odd = {**SAMPLE, "scores": scores}

    assert read(as_json(odd)) == read(packed(entries(odd)))


def test_in_the_json_form_what_is_no_sample_is_refused_alone() -> None:
    *whole, refused = read(as_json(SAMPLE, "no sample"))

    assert whole == read(WHOLE)
    assert isinstance(refused, Rejected)
    assert refused.payload == b'samples[1]: "no sample"'


def test_a_json_form_that_was_cut_is_damaged() -> None:
    with pytest.raises(DamagedLogError):
        read(as_json(SAMPLE)[:-30])


def test_a_json_form_too_large_to_decode_at_once_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inspect_json, "LARGEST", 500)

    with pytest.raises(UnknownFormatError, match="inspect log convert --to eval"):
        read(as_json(SAMPLE))
