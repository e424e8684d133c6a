"""The process that owns a store: how long one of its threads keeps the others waiting."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from commonmode.local.owner import Owner


def test_no_thread_of_the_owner_keeps_the_others_waiting_for_long(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    before = sys.getswitchinterval()
    request.addfinalizer(lambda: sys.setswitchinterval(before))
    stop = threading.Event()
    stop.set()

    Owner(tmp_path).run(stop)

    assert sys.getswitchinterval() == pytest.approx(0.0005)
