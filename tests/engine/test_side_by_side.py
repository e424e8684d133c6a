"""Detectors run at the same time, and end together where one of them cannot go on."""

from __future__ import annotations

import signal
import threading
import time

import pytest
from tests.engine.tiny import Busy

from commonmode.detectors import Detector
from commonmode.engine.side_by_side import side_by_side
from commonmode.engine.tick import Tick
from commonmode.store import StoreError

AWAY = StoreError("no store")
FOUR = [Busy(seed=n) for n in range(4)]


def test_what_each_did_comes_in_the_order_of_the_detectors() -> None:
    def run(detector: Detector) -> Tick:
        time.sleep(0.02 * (4 - detector.seed))
        return Tick(events=detector.seed)

    assert [tick.events for tick in side_by_side(run, FOUR)] == [0, 1, 2, 3]


def test_two_are_at_work_at_a_time() -> None:
    both = threading.Barrier(2)

    def run(_: Detector) -> Tick:
        both.wait(timeout=10)
        return Tick()

    assert side_by_side(run, FOUR) == [Tick()] * 4


@pytest.mark.parametrize("failing", [0, 1])
def test_where_one_raises_the_other_ends_at_once_and_no_more_begin(failing: int) -> None:
    begun, ended = list[int](), list[int]()

    def run(detector: Detector) -> Tick:
        begun.append(detector.seed)
        if detector.seed == failing:
            raise AWAY
        for _ in range(10_000):
            time.sleep(0.001)
        ended.append(detector.seed)
        return Tick()

    with pytest.raises(StoreError, match="no store"):
        side_by_side(run, FOUR)

    assert (set(begun) <= {0, 1, 2}, ended) == (True, [])


def test_ctrl_c_ends_all_at_once_and_lets_what_is_under_way_be_undone() -> None:
    begun, undone = threading.Barrier(3), list[int]()

    def run(detector: Detector) -> Tick:
        try:
            begun.wait(timeout=10)
            for _ in range(10_000):
                time.sleep(0.001)
        except BaseException:
            undone.append(detector.seed)
            raise
        return Tick()

    def interrupt() -> None:
        begun.wait(timeout=10)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(run, FOUR)
    other.join()

    assert sorted(undone) == [0, 1]
