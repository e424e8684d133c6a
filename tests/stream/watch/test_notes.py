from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from commonmode.detectors.scope.live import LiveJudge
from commonmode.events import ActionTaken, Event, PermissionGranted, Position, encode
from commonmode.stream import Topics
from commonmode.stream.arrivals import Arrival
from commonmode.stream.outbox import Record
from commonmode.stream.positions import Partition
from commonmode.stream.topics import TopicState
from commonmode.stream.watch.notes import Notes, Start, copy_record, mark_record
from commonmode.stream.watch.view import View

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOPICS = Topics()
FOUND = {TOPICS.events: TopicState("a/b", 2), TOPICS.findings: TopicState("c", 1)}
MINE, OTHERS = Partition(TOPICS.events, 0), Partition(TOPICS.events, 1)


def granted(agent: str) -> PermissionGranted:
    return PermissionGranted(
        id=f"g-{agent}", at=NOON, agent=agent, grant=agent, resources=["repo"], extra={"why": "x"}
    )


def act(agent: str, hours: float, resource: str = "repo") -> ActionTaken:
    at = NOON + timedelta(hours=hours)
    name = f"{agent}-{hours}"
    return ActionTaken(id=name, at=at, agent=agent, action="read", resource=resource, args={"a": 1})


HISTORY = [
    granted("ann"),
    act("ann", 0),
    act("bob", 0),
    granted("bob"),
    act("ann", 3),
    act("bob", 3),
]


def watched(events: Sequence[Event], start: Start | None = None, begin: int = 0) -> View:
    """Return a view of partition 0 that has read some events of it and said what it found."""
    start = start or Notes(TOPICS, FOUND).start([0])
    view = View(LiveJudge(), [0], TOPICS, start)
    view.take_copies(start.copies)
    places = (Position(TOPICS.events, 0, begin + n) for n in range(len(events)))
    view.take_log(Arrival(p, {}, encode(e)) for p, e in zip(places, events, strict=True))
    view.catch_up()
    while (news := view.to_say()) is not None:
        view.said(news)
    view.answer(list(view.doubted.values()))
    return view


def notes_of(view: View) -> list[Record]:
    marks = [mark_record(mark, TOPICS) for mark in view.marks()]
    copies = [copy_record(copy, TOPICS, view.progress.logs) for copy in view.progress.copies]
    return [*copies, *marks]


def read(records: Sequence[Record], found: Mapping[str, TopicState] = FOUND) -> Notes:
    notes = Notes(TOPICS, found)
    notes.take(
        Arrival(Position(TOPICS.notes, 0, n), dict(record.headers), record.value)
        for n, record in enumerate(records)
    )
    return notes


def test_nothing_noted_means_reading_all() -> None:
    start = Notes(TOPICS, FOUND).start([0])

    assert set(start.offsets.values()) == {0}
    assert (start.marks, start.copies) == ({}, [])


def test_who_takes_over_starts_at_the_first_action_whose_window_is_open() -> None:
    start = read(notes_of(watched(HISTORY))).start([0])

    assert start.offsets[MINE] == 4
    assert start.since == NOON + timedelta(hours=2)
    assert [copy.place.offset for copy in start.copies] == [0, 3]


def test_who_watches_others_starts_behind_the_grants_that_are_copied() -> None:
    start = read(notes_of(watched(HISTORY))).start([1])

    assert (start.offsets[MINE], start.offsets[OTHERS]) == (6, 0)


def test_what_nobody_judges_is_not_copied() -> None:
    start = read(notes_of(watched(HISTORY))).start([0])

    assert all(copy.event is not None and copy.event.extra is None for copy in start.copies)


def test_the_start_does_not_grow_with_history_that_is_closed() -> None:
    hours = range(4, 200)
    longer = [*HISTORY, *(act(agent, hour) for hour in hours for agent in ("ann", "bob"))]

    begin = read(notes_of(watched(longer))).start([0]).offsets[MINE]

    assert len(longer) - begin == len(HISTORY) - 4 + 2


@pytest.mark.parametrize("lost", [0, 1])
def test_a_copy_that_somebody_deleted_means_reading_all(lost: int) -> None:
    records = notes_of(watched(HISTORY))
    start = read([*records[:lost], *records[lost + 1 :]]).start([0])

    assert start.marks == {}
    assert start.offsets[MINE] == 0


def test_notes_of_a_topic_that_was_made_anew_are_of_another_log() -> None:
    anew = {**FOUND, TOPICS.events: TopicState("new", 2)}
    start = read(notes_of(watched(HISTORY)), anew).start([0])

    assert (start.offsets[MINE], start.marks, start.copies) == (0, {}, [])


def test_findings_of_a_topic_that_was_made_anew_are_read_whole() -> None:
    records = notes_of(watched([*HISTORY, act("ann", 3, "vault")]))
    anew = {**FOUND, TOPICS.findings: TopicState("new", 1)}

    assert read(records, anew).start([0]).offsets[Partition(TOPICS.findings, 0)] == 0


def test_what_is_no_note_is_passed_over() -> None:
    places = [{"commonmode-place": name} for name in (b"", b"a/b/x/y", b"gone/0/1", b"\xff")]
    records = [Record(TOPICS.notes, b"k", b"{}", headers) for headers in ({}, *places)]

    assert read([*records, Record(TOPICS.notes, b"k", None)]).start([0]).marks == {}


def test_a_window_read_in_part_is_not_judged_again() -> None:
    noon = [granted("ann"), act("ann", 0, "vault"), act("bob", 0)]
    late = act("ann", 0.5, "vault")
    threes = [act("ann", 3), act("bob", 3)]
    start = read(notes_of(watched([*noon, *threes, late]))).start([0])
    view = View(LiveJudge(), [0], TOPICS, start)
    view.take_copies(start.copies)

    begin = start.offsets[MINE]
    assert begin == len(noon)
    view.take_log([Arrival(Position(TOPICS.events, 0, begin), {}, encode(late))])
    view.catch_up()

    assert view.to_say() is None


def test_one_wild_clock_does_not_hold_the_log_open() -> None:
    wild = act("mad", 24 * 365 * 1000, "vault")
    view = watched([granted("mad"), *HISTORY, wild, act("ann", 4), act("bob", 4)])
    start = read(notes_of(view)).start([0])

    assert start.offsets[MINE] == 5
    assert [copy.event for copy in start.copies if isinstance(copy.event, ActionTaken)] == [
        ActionTaken(**{f: getattr(wild, f) for f in wild.__struct_fields__ if f != "args"})
    ]


def test_what_was_far_ahead_is_struck_out_once_its_window_is_closed() -> None:
    far = act("mad", 40)
    before = watched([*HISTORY, far])
    records = notes_of(before)
    later = watched([act("ann", 100), act("bob", 100)], read(records).start([0]), begin=7)
    records += notes_of(later)

    start = read([*records, *notes_of(watched([], read(records).start([0])))]).start([0])

    assert far.id not in {copy.event.id for copy in start.copies if copy.event is not None}
