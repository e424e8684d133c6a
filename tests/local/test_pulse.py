"""A process gives signs of life only where somebody looks for them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commonmode.local.heartbeat import touched
from commonmode.local.pulse import PULSE, beat, beating

WaitUntil = Callable[..., bool]


def test_nobody_who_looks_gets_no_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(PULSE, raising=False)

    beat()

    assert list(tmp_path.iterdir()) == []


def test_signs_come_again_and_again_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil
) -> None:
    monkeypatch.setattr("commonmode.local.pulse.EVERY_SECONDS", 0.01)
    monkeypatch.setenv(PULSE, str(tmp_path / "pulse"))
    mark = touched(tmp_path / "pulse")
    with beating():
        first = mark()
        assert wait_until(lambda: mark() > first > 0)
    last = mark()

    assert not wait_until(lambda: mark() != last, 0.1)


def test_a_sign_that_cannot_be_given_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PULSE, str(tmp_path / "missing" / "pulse"))

    beat()
