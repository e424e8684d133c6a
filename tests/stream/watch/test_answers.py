"""The watch, whatever befalls its workers, gives the batch detector's answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detectors.histories import START, frame, histories

from commonmode.detectors import Window
from commonmode.detectors.scope import LiveJudge, Scope
from commonmode.events import Event, Position, encode
from commonmode.stream import Topics
from commonmode.stream.arrivals import Arrival
from commonmode.stream.findings import FindingEvent, finding_record
from commonmode.stream.outbox import Record
from commonmode.stream.positions import Partition
from commonmode.stream.topics import TopicState
from commonmode.stream.watch.notes import Notes, Start, copy_record, mark_record
from commonmode.stream.watch.view import View

TOPICS = Topics()
PARTITIONS = 3
FOUND = {
    TOPICS.events: TopicState("log/1", PARTITIONS),
    TOPICS.findings: TopicState("log/2", 1),
    TOPICS.notes: TopicState("log/3", 1),
}
DETECTOR = Scope(window=timedelta(minutes=20))

Told = dict[tuple[str, str], tuple[float, tuple[str, ...]]]
"""Start of the window and subject, to the statistic and the resources."""


class Log:
    """The topics: events by agent, findings and notes in one line each."""

    def __init__(self) -> None:
        self.events: list[list[Arrival]] = [[] for _ in range(PARTITIONS)]
        self.findings: list[Arrival] = []
        self.notes: list[Arrival] = []
        self.committed = [0] * PARTITIONS
        self.told: dict[str, FindingEvent] = {}

    def append(self, event: Event) -> None:
        number = crc32(event.agent.encode()) % PARTITIONS
        part = self.events[number]
        part.append(Arrival(Position(TOPICS.events, number, len(part)), {}, encode(event)))

    def publish(self, news: FindingEvent) -> None:
        record = finding_record(news, TOPICS.findings)
        place = Position(TOPICS.findings, 0, len(self.findings))
        self.findings.append(Arrival(place, dict(record.headers), record.value))
        # As the store does: what comes again under an id that is there is dropped.
        self.told.setdefault(news.id, news)

    def note(self, records: Iterable[Record]) -> None:
        for one in records:
            place = Position(TOPICS.notes, 0, len(self.notes))
            self.notes.append(Arrival(place, dict(one.headers), one.value))

    def start(self, mine: Iterable[int]) -> Start:
        notes = Notes(TOPICS, FOUND)
        notes.take(self.notes)
        return notes.start(mine)

    def last_words(self) -> Told:
        by_revision = sorted(self.told.values(), key=lambda one: one.finding["revision"])
        last: dict[str, Any] = {one.finding["finding_id"]: one.finding for one in by_revision}
        return {
            (one["window"]["start"], one["score"]["subject"]): (
                one["score"]["statistic"],
                tuple(one["score"]["resources"]),
            )
            for one in last.values()
            if one["status"] != "withdrawn"
        }


class Worker:
    """A worker, with two sides that read at their own pace, and a broker that may fail it."""

    def __init__(
        self, log: Log, mine: Iterable[int], lateness: timedelta | None, luck: Random
    ) -> None:
        self.log, self.luck = log, luck
        mine = frozenset(mine)
        start = log.start(mine)
        self.view = View(LiveJudge(DETECTOR, lateness), mine, TOPICS, start)
        self.view.take_copies(start.copies)
        events = [start.offsets[Partition(TOPICS.events, n)] for n in range(PARTITIONS)]
        self.read = [*events, start.offsets[Partition(TOPICS.findings, 0)]]
        self.live = list(log.committed)
        self.ends = self._ends()

    def _ends(self) -> list[int]:
        return [*map(len, self.log.events), len(self.log.findings)]

    def read_log(self, number: int, most: int, failing: float = 0.0) -> None:
        part = [*self.log.events, self.log.findings][number]
        arrivals = part[self.read[number] : self.read[number] + most]
        self.read[number] += len(arrivals)
        self.view.take_log(arrivals)
        read_all = all(at >= end for at, end in zip(self.read, self.ends, strict=True))
        if read_all and not self.view.has_caught_up:
            self.view.catch_up()
        self.say(failing)

    def take_live(self, number: int, *, commit: bool, failing: float = 0.0) -> None:
        part = self.log.events[number]
        if not self.view.has_caught_up or self.live[number] >= len(part):
            return
        self.view.take_live(part[self.live[number]])
        self.say(failing)
        self.live[number] += 1
        if commit:
            self.log.committed[number] = self.live[number]

    def say(self, failing: float) -> None:
        while (news := self.view.to_say()) is not None:
            if self.luck.random() < failing:
                # Some of what is told to have failed arrived all the same.
                if self.luck.random() < 0.5:
                    self.log.publish(news)
                return
            self.log.publish(news)
            self.view.said(news)

    def note(self, *, whole: bool = True) -> None:
        if not self.view.is_at_rest():
            return
        marks, copies = self.view.marks(), list(self.view.progress.copies)
        self.log.note(copy_record(one, TOPICS, self.view.progress.logs) for one in copies)
        if whole:
            self.log.note(mark_record(one, TOPICS) for one in marks)
            del self.view.progress.copies[: len(copies)]

    def drain(self, *, commit: bool = True) -> None:
        while self.read != self._ends() or not self.view.has_caught_up:
            for number in range(PARTITIONS + 1):
                self.read_log(number, 1000)
        for number in self.view.mine:
            while self.live[number] < len(self.log.events[number]):
                self.take_live(number, commit=commit)
        self.view.answer(list(self.view.doubted.values()))
        self.say(0.0)


class Group:
    """Some workers that share the partitions, until they share them otherwise.

    Those that had them before may go on for a while and not know it.
    """

    def __init__(self, log: Log, lateness: timedelta | None, luck: Random) -> None:
        self.log, self.lateness, self.luck = log, lateness, luck
        self.workers: list[Worker] = []
        self.zombies: list[Worker] = []
        self.share_anew()

    def share_anew(self) -> None:
        count = self.luck.choice((1, 2))
        owner = [self.luck.randrange(count) for _ in range(PARTITIONS)]
        self.zombies = [one for one in self.workers if self.luck.random() < 0.5]
        self.workers = [
            Worker(
                self.log,
                {n for n in range(PARTITIONS) if owner[n] == number},
                self.lateness,
                self.luck,
            )
            for number in range(count)
        ]

    def step(self) -> None:
        worker = self.luck.choice([*self.workers, *self.zombies])
        lives = worker in self.workers
        if self.luck.random() < 0.1:
            self.share_anew()
        elif self.luck.random() < 0.2:
            if self.luck.random() < 0.5:
                worker.drain(commit=lives)
            worker.note(whole=self.luck.random() < 0.8)
        elif self.luck.random() < 0.5:
            worker.read_log(self.luck.randrange(PARTITIONS + 1), self.luck.randrange(1, 9), 0.2)
        elif worker.view.mine:
            number = self.luck.choice(sorted(worker.view.mine))
            commit = lives and self.luck.random() < 0.5
            worker.take_live(number, commit=commit, failing=0.2)

    def drain(self) -> None:
        self.zombies = []
        for _ in range(4):
            for worker in self.workers:
                worker.drain()


def batch(history: list[Event]) -> Told:
    tallies = DETECTOR.merge([DETECTOR.tally(frame(history))])
    windows = {Window.of(event.at, DETECTOR.window) for event in history}
    return {
        (window.start.isoformat().replace("+00:00", "Z"), score.subject): (
            score.statistic,
            score.resources,
        )
        for window in windows
        for score in DETECTOR.judge(tallies, window)
        if score.verdict == "finding"
    }


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """A history, and one way it may arrive: shuffled or nearly in order, with repeats."""
    history = draw(histories)
    repeats = draw(st.lists(st.sampled_from(history), max_size=5)) if history else []
    arrivals = draw(st.permutations([*history, *repeats]))
    late = timedelta(minutes=draw(st.sampled_from((5, 1000))))
    return history, sorted(arrivals, key=lambda event: (event.at - START) // late)


def open_since(history: Iterable[Event], lateness: timedelta | None) -> str:
    """Return the start of the oldest window that nobody can have closed."""
    judge = LiveJudge(DETECTOR, lateness)
    for event in history:
        judge.feed(event)
    return judge.since.isoformat().replace("+00:00", "Z")


def still_open(told: Told, since: str) -> Told:
    return {(start, subject): said for (start, subject), said in told.items() if start >= since}


lateness_of_any_kind = st.none() | st.integers(0, 40).map(lambda m: timedelta(minutes=m))


def lived(arrivals: list[Event], lateness: timedelta | None, luck: Random) -> tuple[Log, Group]:
    """Return what became of a log while workers came and went."""
    log = Log()
    group = Group(log, lateness, luck)
    for event in arrivals:
        log.append(event)
        for _ in range(luck.randrange(6)):
            group.step()
    group.drain()
    return log, group


@settings(max_examples=40)
@given(deliveries(), lateness_of_any_kind, st.randoms(use_true_random=False))
def test_the_last_words_of_any_workers_are_the_batch_detectors_while_windows_are_open(
    delivery: tuple[list[Event], list[Event]], lateness: timedelta | None, luck: Random
) -> None:
    history, arrivals = delivery
    log, _ = lived(arrivals, lateness, luck)

    since = open_since(history, lateness)
    assert still_open(log.last_words(), since) == still_open(batch(history), since)


@settings(max_examples=40)
@given(deliveries(), lateness_of_any_kind, st.randoms(use_true_random=False))
def test_who_starts_from_what_was_noted_takes_nothing_back_and_says_nothing_again(
    delivery: tuple[list[Event], list[Event]], lateness: timedelta | None, luck: Random
) -> None:
    log, group = lived(delivery[1], lateness, luck)
    for worker in group.workers:
        worker.note()
    told = log.last_words()
    published = len(log.told)

    for _ in range(3):
        group.share_anew()
        group.drain()

    assert log.last_words() == told
    assert len(log.told) == published
