"""Turning a timeline keeps its bursts and timetables, and loses what coincides."""

import numpy as np

from commonmode.statistics.turned_timeline import share_of_turns

DAY = 288


def visits(bins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(len(bins), dtype=np.int64), bins


def test_agents_on_one_timetable_meet_at_every_turn_of_its_period() -> None:
    clock = visits(np.arange(0, DAY, 12))
    assert share_of_turns(clock, clock, DAY) == (DAY // 12 - 1) / (DAY - 1)


def test_agents_that_come_because_the_other_does_meet_at_no_other_turn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        together = visits(np.sort(rng.choice(DAY, 8, replace=False)))
        assert share_of_turns(together, together, DAY) < 0.015


def test_agents_that_come_alone_meet_as_often_at_many_turns() -> None:
    rng = np.random.default_rng(1)
    one, two = (visits(rng.choice(DAY, 40, replace=False)) for _ in range(2))
    assert share_of_turns(one, two, DAY) > 0.05


def test_other_places_are_no_meeting() -> None:
    one, two = visits(np.arange(5)), (np.ones(5, dtype=np.int64), np.arange(5))
    assert share_of_turns(one, two, DAY) == 1
