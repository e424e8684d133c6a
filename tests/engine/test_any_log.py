"""What must hold for every log, however it is split, and whatever dies while it is judged."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.engine.failing import Failing
from tests.engine.tiny import (
    Bench,
    Busy,
    Strangers,
    Trespass,
    action,
    grant,
    registration,
)

from commonmode.detectors import Detector
from commonmode.events import Event
from commonmode.store import StoreUnreachableError

ALL = (Busy(), Strangers(), Trespass())


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Draw a few hours of a few agents, in any order of arrival."""
    agents, quarters = st.sampled_from("abc"), st.integers(0, 19)
    made: list[Event] = []
    for number in range(draw(st.integers(1, 16))):
        agent, hours = draw(agents), draw(quarters) / 4
        what = draw(st.integers(0, 5))
        if what == 0:
            made.append(registration(number, agent, hours))
        elif what == 1:
            made.append(grant(number, agent, hours, draw(st.none() | quarters.map(float))))
        else:
            made.append(action(number, agent, hours))
    return made


detectors = st.sampled_from(ALL)


Rows = list[tuple[object, ...]]


def in_one_batch(events: Sequence[Event], detector: Detector) -> tuple[Rows, Rows]:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), detector)
        bench.add(*events)
        bench.tick(final=True)
        standing = bench.standing(), bench.said()
        bench.close()
    return standing


few = settings(
    max_examples=8,
    deadline=None,
    # Each example fills a store; shrinking one would take minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


@few
@given(events=logs(), detector=detectors, cuts=st.sets(st.integers(0, 16)), data=st.data())
def test_any_split_into_ticks_finds_what_one_batch_finds(
    events: list[Event], detector: Detector, cuts: set[int], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), detector)
        for first, last in pairwise(sorted({0, *cuts, len(events)})):
            bench.add(*events[first:last])
            span = data.draw(st.sampled_from([2, 500_000]))
            bench.engine(span=span).tick(final=data.draw(st.booleans()))
        bench.tick(final=True)
        standing = bench.standing(), bench.said()
        steps = bench.reader.query("SELECT id FROM finding_events")["id"].to_list()
        bench.close()

    assert standing == in_one_batch(events, detector)
    assert len(set(steps)) == len(steps)


def until_it_lives(bench: Bench, chance: random.Random, *, final: bool) -> None:
    for _ in range(200):
        try:
            bench.engine(Failing(bench.writer, chance), span=4).tick(final=final)
        except StoreUnreachableError:
            continue
        return
    pytest.fail("200 ticks died")


@few
@given(events=logs(), detector=detectors, cut=st.integers(0, 16), seed=st.integers(0, 2**32))
def test_a_crash_between_any_two_steps_loses_and_doubles_nothing(
    events: list[Event], detector: Detector, cut: int, seed: int
) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), detector)
        chance = random.Random(seed)
        for part, final in ((events[:cut], False), (events[cut:], True)):
            bench.add(*part)
            until_it_lives(bench, chance, final=final)
        standing = bench.standing(), bench.said()
        steps = bench.reader.query("SELECT id FROM finding_events")["id"].to_list()
        bench.close()

    assert standing == in_one_batch(events, detector)
    assert len(set(steps)) == len(steps)


@settings(few, max_examples=4)
@given(events=logs(), seed=st.integers(0, 2**32))
def test_findings_reach_the_log_in_order_and_once_by_id(events: list[Event], seed: int) -> None:
    chance, log = random.Random(seed), list[str]()

    def send(page: Sequence[Event]) -> None:
        for event in page:
            if chance.random() < 0.1:
                msg = "no broker"
                raise ConnectionError(msg)
            log.append(event.id)

    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), Strangers())
        bench.add(*events)
        bench.tick(final=True)
        for _ in range(500):
            try:
                bench.engine(Failing(bench.writer, chance)).publish(send)
                break
            except (ConnectionError, StoreUnreachableError):
                continue
        recorded = bench.reader.query("SELECT id FROM finding_events ORDER BY seq")["id"]
        again = bench.engine().publish(send)
        bench.close()

    assert list(dict.fromkeys(log)) == recorded.to_list()
    assert again == 0
