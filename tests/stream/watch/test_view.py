from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from commonmode.detectors.scope.live import LiveJudge
from commonmode.events import ActionTaken, Event, PermissionGranted, Position, encode
from commonmode.formats.cloudevents import to_kafka
from commonmode.stream import Topics
from commonmode.stream.arrivals import Arrival
from commonmode.stream.findings import FindingEvent
from commonmode.stream.watch.view import View

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOPICS = Topics()


def at(event: Event, partition: int, offset: int) -> Arrival:
    return Arrival(Position(TOPICS.events, partition, offset), {}, encode(event))


def grant(agent: str, resource: str, parent: str | None = None) -> PermissionGranted:
    return PermissionGranted(
        id=f"g-{agent}", at=NOON, agent=agent, grant=agent, parent_grant=parent,
        resources=[resource],
    )  # fmt: skip


def act(agent: str, resource: str, n: int = 0) -> ActionTaken:
    name = f"{agent}-{n}"
    return ActionTaken(
        id=name, at=NOON + timedelta(seconds=n), agent=agent, action="read", resource=resource
    )


def view(*mine: int) -> View:
    return View(LiveJudge(), mine, TOPICS)


def said(one: View) -> list[FindingEvent]:
    """Return what a view has to say, said."""
    told = []
    while (news := one.to_say()) is not None:
        one.said(news)
        told.append(news)
    return told


def claims(news: Sequence[FindingEvent]) -> list[tuple[str, str]]:
    return [(one.finding["score"]["subject"], one.finding["status"]) for one in news]


def test_history_is_told_once_it_is_whole_and_not_before() -> None:
    one = view(0)
    history = [at(grant("ann", "repo/p1"), 0, 0), at(act("ann", "repo/p2"), 0, 1)]

    one.take_log(history)
    assert said(one) == []

    one.catch_up()
    assert claims(said(one)) == [("agent:ann", "opened")]


def test_a_live_breach_is_told_at_once() -> None:
    one = view(0)
    one.take_log([at(grant("ann", "repo/p1"), 0, 0)])
    one.catch_up()

    one.take_live(at(act("ann", "repo/p2"), 0, 1))

    assert claims(said(one)) == [("agent:ann", "opened")]


def test_grants_of_agents_in_other_partitions_count_and_their_actions_do_not() -> None:
    one = view(0)
    one.take_log([at(grant("boss", "repo"), 5, 0), at(act("boss", "elsewhere"), 5, 1)])
    one.catch_up()
    one.take_log([at(grant("ann", "repo/p1", parent="boss"), 0, 0)])

    one.take_live(at(act("ann", "repo/p1/x"), 0, 1))
    assert said(one) == []
    one.take_live(at(act("ann", "repo/p2", 1), 0, 2))
    assert claims(said(one)) == [("agent:ann", "opened")]


def test_a_grant_that_comes_later_withdraws_what_was_told() -> None:
    one = view(0)
    one.take_log([at(grant("ann", "repo/p1"), 0, 0)])
    one.catch_up()
    one.take_live(at(act("ann", "repo/p2"), 0, 1))
    said(one)
    late = PermissionGranted(id="g2", at=NOON, agent="ann", grant="g2", resources=["repo/p2"])

    one.take_log([at(late, 0, 2)])

    assert claims(said(one)) == [("agent:ann", "withdrawn")]


def test_a_worker_that_starts_anew_says_nothing_again() -> None:
    history = [at(grant("ann", "repo/p1"), 0, 0), at(act("ann", "repo/p2"), 0, 1)]
    before = view(0)
    before.take_log(history)
    before.catch_up()
    told = [to_kafka(one) for one in said(before)]
    place = Position(TOPICS.findings, 0, 0)

    after = view(0)
    after.take_log([*history, *(Arrival(place, headers, value) for headers, value in told)])

    after.catch_up()
    after.answer(list(after.doubted.values()))
    assert said(after) == []


def test_what_could_not_be_published_is_to_be_said_still() -> None:
    one = view(0)
    one.take_log([at(grant("ann", "repo/p1"), 0, 0), at(act("ann", "repo/p2"), 0, 1)])
    one.catch_up()

    assert one.to_say() is not None
    assert one.to_say() == one.to_say()
    assert not one.is_at_rest()


def told_by_another(*events: Event) -> Arrival:
    """Return what a worker told that had read these events only."""
    other = view(0)
    other.take_log([at(event, 0, n) for n, event in enumerate(events)])
    other.catch_up()
    (news,) = said(other)
    headers, value = to_kafka(news)
    return Arrival(Position(TOPICS.findings, 0, 0), headers, value)


def test_what_the_dead_told_is_withdrawn_when_a_grant_was_read_before_the_action() -> None:
    first, breach = grant("ann", "repo/p1"), act("ann", "repo/p2")
    late = PermissionGranted(id="g2", at=NOON, agent="ann", grant="g2", resources=["repo/p2"])
    after = view(0)

    after.take_log([told_by_another(first, breach)])
    after.take_log([at(event, 0, n) for n, event in enumerate((first, late, breach))])
    after.catch_up()
    after.answer(list(after.doubted.values()))

    assert claims(said(after)) == [("agent:ann", "withdrawn")]


def test_a_zombie_that_takes_our_number_does_not_have_the_last_word() -> None:
    events = [grant("ann", "repo/p1"), act("ann", "repo/p2", 0), act("ann", "repo/p2", 1)]
    ours = view(0)
    ours.take_log([at(event, 0, n) for n, event in enumerate(events)])
    ours.catch_up()
    (sent,) = said(ours)

    ours.take_log([told_by_another(*events[:2])])
    ours.answer(list(ours.doubted.values()))

    (again,) = said(ours)
    assert again.id != sent.id
    assert again.finding["score"]["statistic"] == 2


def test_two_that_never_agree_come_to_rest() -> None:
    ours = view(0)
    ours.take_log([at(grant("ann", "repo/p1"), 0, 0), at(act("ann", "repo/p1"), 0, 1)])
    ours.catch_up()
    theirs = told_by_another(grant("ann", "repo/p1"), act("ann", "repo/p2"))
    answers = 0
    for _ in range(3):
        ours.take_log([theirs])
        ours.answer(list(ours.doubted.values()))
        answers += len(said(ours))

    assert answers == 1


def test_records_that_are_no_events_are_passed_over() -> None:
    one = view(0)
    broken = Arrival(Position(TOPICS.events, 0, 0), {}, b'{"kind":"action_taken"')

    one.take_log([broken])
    one.catch_up()
    one.take_live(broken._replace(place=Position(TOPICS.events, 0, 1)))

    assert said(one) == []
    assert one.done == {0: 2}


@given(
    st.lists(st.sampled_from(["repo/p1", "repo/p2", "x"]), max_size=8),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_wherever_the_live_side_takes_over_every_action_is_judged_once(
    resources: list[str], live_from: int, caught_up_at: int
) -> None:
    log = [grant("ann", "repo/p1"), *(act("ann", r, n) for n, r in enumerate(resources))]
    arrivals = [at(event, 0, n) for n, event in enumerate(log)]
    one = view(0)
    one.take_log(arrivals[:caught_up_at])
    one.catch_up()
    told = said(one)
    for arrival in arrivals[live_from:]:
        one.take_live(arrival)
        told += said(one)
    one.take_log(arrivals[caught_up_at:])
    told += said(one)

    breaches = sum(r != "repo/p1" for r in resources)
    last = told[-1].finding["score"]["statistic"] if told else 0
    assert last == breaches
    assert one.done == {0: len(log)}
    assert all(a.finding["revision"] + 1 == b.finding["revision"] for a, b in pairwise(told))
