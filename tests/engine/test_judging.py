from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tests.engine.tiny import HOUR, START

from commonmode.engine.judging import blocks
from commonmode.engine.state import Pending
from commonmode.engine.windows import window_of


def parted(
    hours: Mapping[int, Pending], sizes: Mapping[datetime, int] | None = None
) -> Sequence[Sequence[int]]:
    windows = [(window_of(START + hour * HOUR, HOUR), why) for hour, why in hours.items()]
    found = blocks(windows, sizes or {}, events=100)
    return [[(window.start - START) // HOUR for window, _ in block] for block in found]


def test_small_windows_side_by_side_are_read_together() -> None:
    assert parted({hour: Pending(added=1) for hour in range(20)}) == [
        list(range(16)),
        list(range(16, 20)),
    ]


def test_windows_are_read_together_up_to_as_many_events_as_are_read_at_once() -> None:
    assert parted({hour: Pending(added=40) for hour in range(5)}) == [[0, 1], [2, 3], [4]]


def test_a_large_window_is_read_by_itself() -> None:
    sizes = [1, 900, 1, 1]
    assert parted({hour: Pending(added=n) for hour, n in enumerate(sizes)}) == [[0], [1], [2, 3]]


def test_a_window_that_is_judged_again_counts_with_all_its_events() -> None:
    again = {hour: Pending(added=1, judged=True) for hour in range(2)}

    assert parted(again, {START: 900, START + HOUR: 1}) == [[0], [1]]


def test_windows_far_apart_are_read_apart() -> None:
    assert parted({hour: Pending(added=1) for hour in (0, 15, 16, 99)}) == [[0, 15], [16], [99]]
