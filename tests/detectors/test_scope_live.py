"""The live judge and the batch detector give the same answers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.detectors.histories import START, frame, histories

from commonmode.detectors import Score, Window
from commonmode.detectors.scope import LiveJudge, Scope
from commonmode.events import (
    ActionTaken,
    Event,
    FindingRaised,
    FindingRevised,
    PermissionGranted,
    Position,
)

DETECTOR = Scope(window=timedelta(minutes=20))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """A history, and one way it may arrive: shuffled, with repeats."""
    history = draw(histories)
    repeats = draw(st.lists(st.sampled_from(history), max_size=5)) if history else []
    return history, draw(st.permutations([*history, *repeats]))


def batch(history: list[Event]) -> dict[tuple[Window, str], Score]:
    tallies = DETECTOR.merge([DETECTOR.tally(frame(history))])
    windows = {Window.of(event.at, DETECTOR.window) for event in history}
    return {
        (window, score.subject): without_exposure(score)
        for window in windows
        for score in DETECTOR.judge(tallies, window)
    }


def without_exposure(score: Score) -> Score:
    """Leave out what depends on everybody's resources: a live judge sees one agent's events."""
    exposure = ("blast_radius", "over_privilege")
    measures = {name: value for name, value in score.measures.items() if name not in exposure}
    reasons = tuple(reason for reason in score.reasons if not reason.startswith("Its grants reach"))
    return replace(score, measures=measures, reasons=reasons)


def standing(sent: Iterable[FindingRaised | FindingRevised]) -> dict[str, tuple[object, ...]]:
    latest = {event.finding["finding_id"]: event.finding for event in sent}
    return {
        name: (f["window"]["start"], f["score"]["subject"], f["score"]["statistic"])
        for name, f in latest.items()
        if f["status"] != "withdrawn"
    }


@settings(max_examples=60, deadline=None)
@given(deliveries())
def test_once_all_is_seen_live_scores_equal_the_batch_detectors(
    delivery: tuple[list[Event], list[Event]],
) -> None:
    history, arrivals = delivery
    judge = LiveJudge(DETECTOR, lateness=None)
    sent = [finding for event in arrivals for finding in judge.feed(event)]

    expected = batch(history)
    assert judge.scores() == expected
    found = {
        (window.start.isoformat().replace("+00:00", "Z"), score.subject, score.statistic)
        for (window, _), score in expected.items()
        if score.verdict == "finding"
    }
    assert set(standing(sent).values()) == found


@settings(max_examples=30, deadline=None)
@given(deliveries())
def test_revisions_count_up_and_have_ids_of_their_own(
    delivery: tuple[list[Event], list[Event]],
) -> None:
    judge = LiveJudge(DETECTOR, lateness=None)
    sent = [finding for event in delivery[1] for finding in judge.feed(event)]

    assert len({event.id for event in sent}) == len(sent)
    for name in {event.finding["finding_id"] for event in sent}:
        revisions = [e.finding["revision"] for e in sent if e.finding["finding_id"] == name]
        assert revisions == list(range(len(revisions)))


def act(name: str, agent: str, minute: int, resource: str = "x") -> ActionTaken:
    at = START + timedelta(minutes=minute)
    return ActionTaken(id=name, at=at, agent=agent, action="read", resource=resource)


GRANT = PermissionGranted(id="g", at=START, agent="ann", grant="g", resources=["repo"])


def test_a_breach_is_raised_by_the_event_that_shows_it() -> None:
    judge = LiveJudge()
    judge.feed(GRANT)
    (raised,) = judge.feed(act("1", "ann", 1), Position("commonmode.events", 2, 41))

    assert raised.finding["provisional"] is True
    assert raised.finding["evidence_ids"] == ("1",)
    assert raised.finding["as_of"] == {"commonmode.events[2]": 42}


def test_a_late_grant_withdraws_the_finding() -> None:
    judge = LiveJudge()
    judge.feed(GRANT)
    judge.feed(act("1", "ann", 1))
    late = PermissionGranted(id="l", at=START, agent="ann", grant="l")

    assert [e.finding["status"] for e in judge.feed(late)] == ["withdrawn"]


def test_actions_within_scope_do_not_revise_a_standing_finding() -> None:
    judge = LiveJudge()
    judge.feed(GRANT)
    judge.feed(act("1", "ann", 1))

    assert judge.feed(act("2", "ann", 2, "repo/a")) == []


def test_closed_windows_are_forgotten() -> None:
    judge = LiveJudge(DETECTOR, lateness=timedelta(minutes=10))
    judge.feed(GRANT)
    judge.feed(act("1", "ann", 1))
    judge.feed(act("2", "ann", 59, "repo/a"))
    judge.feed(act("3", "bob", 59))

    assert {window.start for window, _ in judge.scores()} == {START + timedelta(minutes=40)}
    assert judge.feed(act("4", "ann", 2)) == []


def test_one_wild_clock_closes_nothing() -> None:
    judge = LiveJudge()
    judge.feed(GRANT)
    judge.feed(act("far", "mad", 60 * 24 * 365 * 1000))

    assert len(judge.feed(act("1", "ann", 1))) == 1


def test_windows_that_another_judge_closed_stay_closed() -> None:
    judge = LiveJudge(DETECTOR)
    judge.go_on(START + timedelta(minutes=20))
    judge.feed(GRANT)

    assert judge.feed(act("1", "ann", 1)) == []
    assert len(judge.feed(act("2", "ann", 21))) == 1
    assert judge.since == START + timedelta(minutes=20)


def test_the_oldest_open_window_follows_the_clock() -> None:
    judge = LiveJudge(DETECTOR, lateness=timedelta(minutes=10))
    for agent in ("ann", "bob"):
        judge.feed(act(agent, agent, 55))

    assert judge.since == START + timedelta(minutes=40)
    assert judge.is_far(START + timedelta(days=2))
    assert not judge.is_far(START + timedelta(hours=2))


def test_what_another_told_is_confirmed_withdrawn_or_left_to_whom_it_concerns() -> None:
    breach = act("1", "ann", 1)
    told, judge = LiveJudge(), LiveJudge()
    told.feed(GRANT)
    (raised,) = told.feed(breach)
    judge.feed(GRANT)

    assert judge.recall(raised.finding) == []
    judge.feed(PermissionGranted(id="l", at=START, agent="ann", grant="l"))
    judge.feed(breach)
    (withdrawn,) = judge.recall(raised.finding)
    assert withdrawn.finding["status"] == "withdrawn"
    assert judge.recall(withdrawn.finding) == []
    assert told.recall(withdrawn.finding) == [raised]


def test_an_event_costs_the_same_after_many_as_after_few() -> None:
    def seconds(judge: LiveJudge, names: range) -> float:
        began = time.process_time()
        for i in names:
            judge.feed(act(str(i), "ann", i % 20, f"repo/{i}"))
        return time.process_time() - began

    judge = LiveJudge(lateness=None)
    judge.feed(GRANT)
    few = seconds(judge, range(2_000))
    seconds(judge, range(2_000, 10_000))

    later = [seconds(judge, range(n, n + 2_000)) for n in (10_000, 12_000, 14_000)]
    assert min(later) < 5 * few
