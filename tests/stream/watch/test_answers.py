"""The watch, whatever befalls its workers, gives the batch detector's answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detectors.histories import frame, histories

from commonmode.detectors import Window
from commonmode.detectors.scope import LiveJudge, Scope
from commonmode.events import Event, Position, encode
from commonmode.stream import Topics
from commonmode.stream.arrivals import Arrival
from commonmode.stream.findings import FindingEvent, finding_record
from commonmode.stream.watch.view import View

TOPICS = Topics()
PARTITIONS = 3
DETECTOR = Scope(window=timedelta(minutes=20))

Told = dict[tuple[str, str], tuple[float, tuple[str, ...]]]
"""Start of the window and subject, to the statistic and the resources."""


class Log:
    """The topics: events by agent, and findings in one line."""

    def __init__(self) -> None:
        self.events: list[list[Arrival]] = [[] for _ in range(PARTITIONS)]
        self.findings: list[Arrival] = []
        self.committed = [0] * PARTITIONS
        self.told: dict[str, FindingEvent] = {}

    def append(self, event: Event) -> None:
        number = crc32(event.agent.encode()) % PARTITIONS
        part = self.events[number]
        part.append(Arrival(Position(TOPICS.events, number, len(part)), {}, encode(event)))

    def publish(self, news: Iterable[FindingEvent]) -> None:
        for one in news:
            record = finding_record(one, TOPICS.findings)
            place = Position(TOPICS.findings, 0, len(self.findings))
            self.findings.append(Arrival(place, dict(record.headers), record.value))
            # As the store does: what comes again under an id that is there is dropped.
            self.told.setdefault(one.id, one)

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
    """A worker, with two sides that read at their own pace."""

    def __init__(self, log: Log, mine: Iterable[int]) -> None:
        self.view = View(LiveJudge(DETECTOR, lateness=None), mine, TOPICS)
        self.log = log
        self.read = [0] * (PARTITIONS + 1)
        self.live = list(log.committed)
        self.ends = self._ends()

    def _ends(self) -> list[int]:
        return [*map(len, self.log.events), len(self.log.findings)]

    def read_log(self, number: int, most: int) -> None:
        part = [*self.log.events, self.log.findings][number]
        arrivals = part[self.read[number] : self.read[number] + most]
        self.read[number] += len(arrivals)
        self.log.publish(self.view.take_log(arrivals))
        read_all = all(at >= end for at, end in zip(self.read, self.ends, strict=True))
        if read_all and not self.view.has_caught_up:
            self.log.publish(self.view.catch_up())

    def take_live(self, number: int, *, commit: bool) -> None:
        part = self.log.events[number]
        if not self.view.has_caught_up or self.live[number] >= len(part):
            return
        self.log.publish(self.view.take_live(part[self.live[number]]))
        self.live[number] += 1
        if commit:
            self.log.committed[number] = self.live[number]

    def drain(self) -> None:
        while self.read != self._ends():
            for number in range(PARTITIONS + 1):
                self.read_log(number, 1000)
        for number in self.view.mine:
            while self.live[number] < len(self.log.events[number]):
                self.take_live(number, commit=True)


class Group:
    """Some workers that share the partitions, until they share them otherwise."""

    def __init__(self, log: Log, luck: Random) -> None:
        self.log, self.luck = log, luck
        self.share_anew()

    def share_anew(self) -> None:
        count = self.luck.choice((1, 2))
        owner = [self.luck.randrange(count) for _ in range(PARTITIONS)]
        self.workers = [
            Worker(self.log, {n for n in range(PARTITIONS) if owner[n] == number})
            for number in range(count)
        ]

    def step(self) -> None:
        worker = self.luck.choice(self.workers)
        if self.luck.random() < 0.1:
            self.share_anew()
        elif self.luck.random() < 0.5:
            worker.read_log(self.luck.randrange(PARTITIONS + 1), self.luck.randrange(1, 9))
        elif worker.view.mine:
            number = self.luck.choice(sorted(worker.view.mine))
            worker.take_live(number, commit=self.luck.random() < 0.5)


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
    """A history, and one way it may arrive: shuffled, with repeats."""
    history = draw(histories)
    repeats = draw(st.lists(st.sampled_from(history), max_size=5)) if history else []
    return history, draw(st.permutations([*history, *repeats]))


@settings(max_examples=40)
@given(deliveries(), st.randoms(use_true_random=False))
def test_the_last_words_of_any_workers_are_the_batch_detectors(
    delivery: tuple[list[Event], list[Event]], luck: Random
) -> None:
    history, arrivals = delivery
    log = Log()
    group = Group(log, luck)
    for event in arrivals:
        log.append(event)
        for _ in range(luck.randrange(4)):
            group.step()
    for _ in range(2):
        for worker in group.workers:
            worker.drain()

    assert log.last_words() == batch(history)
