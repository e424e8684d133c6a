from __future__ import annotations

from pathlib import Path

import pytest

from commonmode.engine.turn import EngineBusyError, turn


def test_a_second_engine_waits_its_turn_and_then_gives_up(tmp_path: Path) -> None:
    with (
        turn(tmp_path),
        pytest.raises(EngineBusyError, match="another `detect`"),
        turn(tmp_path, patience=0.05),
    ):
        pass


def test_the_turn_is_given_back(tmp_path: Path) -> None:
    with turn(tmp_path):
        pass
    with turn(tmp_path, patience=0.05):
        pass
