"""Sleeping is not the same as being stuck; only a mark that stays as it was tells."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.local.heartbeat import Answers, Heartbeat, touched

WaitUntil = Callable[..., bool]


def beat(path: Path, number: float) -> None:
    path.touch()
    os.utime(path, (number, number))


def test_a_file_that_changes_is_a_sign_of_life(tmp_path: Path) -> None:
    path = tmp_path / "beat"
    heart = Heartbeat(touched(path), patience=60)

    for second in range(0, 300, 30):
        beat(path, second)
        assert heart.stalled(second) is None


def test_silence_longer_than_patience_is_told(tmp_path: Path) -> None:
    path = tmp_path / "beat"
    beat(path, 1)
    heart = Heartbeat(touched(path), patience=60)
    heart.begin(0)

    assert heart.stalled(60) is None
    assert heart.stalled(61) == "it lives, but has given no sign for 60 s"


def test_a_process_that_begins_anew_has_its_time_again(tmp_path: Path) -> None:
    heart = Heartbeat(touched(tmp_path / "beat"), patience=60)
    heart.begin(0)
    assert heart.stalled(100) is not None

    heart.begin(100)

    assert heart.stalled(160) is None


@given(
    jumps=st.lists(st.floats(min_value=-1e6, max_value=1e9), min_size=1, max_size=10, unique=True)
)
def test_setting_the_clock_of_the_machine_is_no_stall(
    tmp_path_factory: pytest.TempPathFactory, jumps: list[float]
) -> None:
    path = tmp_path_factory.mktemp("heart") / "beat"
    heart = Heartbeat(touched(path), patience=60)

    for second, wall_clock in enumerate(jumps):
        beat(path, max(wall_clock, 0) + second)
        assert heart.stalled(second * 30) is None


def test_each_answer_moves_the_mark_and_silence_does_not(
    wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonmode.local.heartbeat._ASK_EVERY_SECONDS", 0.0)
    replies = iter([True, True, False])
    answers = Answers(lambda: next(replies, False))

    assert wait_until(lambda: answers() == 2)
    assert not wait_until(lambda: answers() > 2, 0.2)


def test_nobody_waits_for_an_answer_that_does_not_come() -> None:
    may_end = threading.Event()
    answers = Answers(lambda: may_end.wait(60))

    assert [answers() for _ in range(3)] == [0, 0, 0]
    may_end.set()
