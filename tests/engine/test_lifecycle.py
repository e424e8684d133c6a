from __future__ import annotations

import pytest
from tests.engine.tiny import HOUR, START, score

from commonmode.detectors import Score
from commonmode.detectors.score import Verdict
from commonmode.engine.lifecycle import by_id, changes, closings, is_same
from commonmode.engine.record import Recorded, as_json
from commonmode.engine.state import Pending
from commonmode.engine.windows import window_of

WINDOW = window_of(START, HOUR)
FIRST = Pending(added=5)
LATE = Pending(added=1, judged=True)


def scored(actions: int, verdict: Verdict = "finding") -> Score:
    made = score("a", actions, WINDOW, is_finding=True)
    fields = {name: getattr(made, name) for name in made.__struct_fields__}
    return Score(**{**fields, "verdict": verdict})


def recorded(
    actions: int = 3, status: str = "opened", revision: int = 0, *, provisional: bool = False
) -> Recorded:
    return Recorded(
        finding_id="f",
        detector="busy",
        version=1,
        status=status,
        revision=revision,
        window=WINDOW,
        parameters={},
        score=as_json(scored(actions)),
        provisional=provisional,
    )


def step(before: Recorded | None, after: Score | None, why: Pending = LATE) -> list[object]:
    """Return status, revision and reason of the one change, or nothing."""
    found = changes([before] if before else [], {"f": after} if after else {}, why)
    return [part for change in found for part in (change.status, change.revision, change.reason)]


def test_a_first_finding_is_opened() -> None:
    assert step(None, scored(3), FIRST) == ["opened", 0, "its window was judged"]


def test_a_finding_that_late_events_make_says_so() -> None:
    assert step(None, scored(3)) == ["opened", 0, "1 event came late"]


def test_a_clear_score_is_no_finding() -> None:
    assert step(None, scored(1, "clear")) == []


def test_an_undetermined_score_is_no_finding() -> None:
    assert step(None, scored(1, "undetermined")) == []


def test_the_same_score_again_is_not_recorded_again() -> None:
    assert step(recorded(3), scored(3)) == []


def test_a_changed_score_is_updated_with_both_numbers() -> None:
    assert step(recorded(3), scored(4)) == ["updated", 1, "1 event came late: statistic 3 → 4"]


def test_a_closed_finding_is_updated_by_late_events() -> None:
    assert step(recorded(3, "closed", 1), scored(4))[:2] == ["updated", 2]


def test_a_finding_that_is_none_any_more_is_withdrawn() -> None:
    reason = "1 event came late: clear. a acted 1 times."
    assert step(recorded(3), scored(1, "clear")) == ["withdrawn", 1, reason]


def test_a_finding_the_log_can_no_longer_tell_is_withdrawn() -> None:
    after = scored(1, "undetermined")

    assert step(recorded(3), after) == ["withdrawn", 1, "1 event came late: undetermined"]


def test_a_finding_whose_subject_is_gone_is_withdrawn() -> None:
    why = Pending(carried=2, judged=True)

    assert step(recorded(3), None, why) == [
        "withdrawn",
        1,
        "2 events of other windows came late and hold here, too: nothing is left to score",
    ]


def test_a_withdrawn_finding_stays_withdrawn() -> None:
    assert step(recorded(3, "withdrawn", 1), scored(1, "clear")) == []


def test_a_withdrawn_finding_that_is_found_again_is_opened_again() -> None:
    again = step(recorded(3, "withdrawn", 1), scored(3))

    assert again == ["opened", 2, "found again: 1 event came late"]


def test_a_provisional_finding_is_confirmed_even_with_the_same_score() -> None:
    confirmed = step(recorded(3, provisional=True), scored(3), FIRST)

    assert confirmed == ["updated", 1, "confirmed over its closed window"]


def test_a_provisional_finding_that_is_not_confirmed_is_withdrawn() -> None:
    refused = step(recorded(3, provisional=True), scored(3, "clear"), FIRST)

    assert refused == [
        "withdrawn",
        1,
        "not confirmed over its closed window: clear. a acted 3 times.",
    ]


@pytest.mark.parametrize("status", ["opened", "updated"])
def test_an_open_finding_closes_once(status: str) -> None:
    [closing] = closings([recorded(3, status, 4)])

    assert (closing.status, closing.revision) == ("closed", 5)


@pytest.mark.parametrize("status", ["closed", "withdrawn"])
def test_what_is_over_does_not_close_again(status: str) -> None:
    assert closings([recorded(3, status)]) == []


def test_a_provisional_finding_does_not_close_unjudged() -> None:
    assert closings([recorded(3, provisional=True)]) == []


def test_the_last_digits_of_a_float_are_no_news() -> None:
    assert is_same([0.1 + 0.2, None, "x"], [0.3, None, "x"])
    assert not is_same({"a": 1}, {"b": 1})
    assert not is_same(True, 1)  # noqa: FBT003  JSON tells them apart
    assert not is_same([1], [1, 2])


def test_two_scores_of_one_subject_are_refused() -> None:
    with pytest.raises(ValueError, match="each subject needs one score; 'agent:a' has several"):
        by_id([scored(3), scored(4)], ["f", "f"])


def test_a_finding_without_a_number_is_refused() -> None:
    bad = score("a", 3, WINDOW, is_finding=True)
    fields = {name: getattr(bad, name) for name in bad.__struct_fields__}

    with pytest.raises(ValueError, match="needs a finite statistic"):
        by_id([Score(**{**fields, "statistic": float("nan")})], ["f"])
