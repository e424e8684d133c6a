"""A part that is frozen is noticed from outside; one that thaws in time just goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.chaos.whole import PARTS, until

from commonmode.local.deployment import Deployment

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]

PATIENCE = 5.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A whole deployment that waits five seconds, not twenty, for a sign of life."""
    with Deployment(tmp_path_factory.mktemp("frozen")) as deployment:
        assert deployment._supervisor is not None
        for service in deployment._supervisor.services:
            assert service.heartbeat is not None
            service.heartbeat.patience = PATIENCE
        yield deployment


def part(deployment: Deployment, name: str) -> dict[str, Any]:
    return next(dict(one) for one in deployment.status()["processes"] if one["name"] == name)


@pytest.mark.parametrize("name", PARTS)
def test_what_is_frozen_is_started_anew(running: Deployment, name: str) -> None:
    before = part(running, name)
    os.kill(before["pid"], signal.SIGSTOP)

    until(lambda: part(running, name)["restarts"] > before["restarts"], f"{name} is missed")
    until(lambda: part(running, name)["state"] == "running", f"{name} is back")
    assert part(running, name)["reason"] == "it lives, but has given no sign for 5 s"
    assert part(running, name)["pid"] != before["pid"]


@pytest.mark.parametrize("name", PARTS)
def test_what_thaws_in_time_goes_on(running: Deployment, name: str) -> None:
    before = part(running, name)
    os.kill(before["pid"], signal.SIGSTOP)
    time.sleep(PATIENCE / 5)
    os.kill(before["pid"], signal.SIGCONT)
    time.sleep(PATIENCE)

    assert part(running, name) == before
