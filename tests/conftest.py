"""Fixtures that many areas share."""

import json
import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from commonmode.local.broker import Broker

_OTHERS_LEAVE_SECONDS = 120.0

# A deadline would be a timed assertion, and the machines are shared.
settings.register_profile("commonmode", deadline=None)
settings.load_profile("commonmode")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of one real Apache Kafka that the whole session shares.

    Topics stay until the session ends: name yours so that nobody else's tests meet them.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        with Broker(tmp_path_factory.mktemp("broker")) as running:
            yield running.bootstrap
        return
    # Workers have a folder each; the one above is the session's.
    with _SharedBroker(tmp_path_factory.getbasetemp().parent) as bootstrap:
        yield bootstrap


class _SharedBroker:
    """One broker for all workers: the first starts it, and stops it once the others have left."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "broker.json"
        self._lock = FileLock(folder / "broker.lock")
        self._folder = folder / "broker"
        self._own: Broker | None = None

    def __enter__(self) -> str:
        with self._lock:
            if self._state.exists():
                return self._count(+1)
            self._own = Broker(self._folder)
            bootstrap = self._own.start()
            self._state.write_text(json.dumps({"bootstrap": bootstrap, "users": 1}))
            return bootstrap

    def __exit__(self, *_exc: object) -> None:
        with self._lock:
            self._count(-1)
        if self._own is None:
            return
        self._wait_for_the_others()
        self._own.stop()

    def _count(self, change: int) -> str:
        state = json.loads(self._state.read_text())
        state["users"] += change
        self._state.write_text(json.dumps(state))
        bootstrap: str = state["bootstrap"]
        return bootstrap

    def _wait_for_the_others(self) -> None:
        until = time.monotonic() + _OTHERS_LEAVE_SECONDS
        while True:
            with self._lock:
                users = json.loads(self._state.read_text())["users"]
                if users == 0 or time.monotonic() > until:
                    self._state.unlink()
                    return
            time.sleep(0.1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test of a kind that `COMMONMODE_REQUIRED` names: CI must run it."""
    report = yield
    required = set(os.environ.get("COMMONMODE_REQUIRED", "").split(","))
    missed = required.intersection(mark.name for mark in item.iter_markers())
    if report.skipped and missed and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = (
            f"{', '.join(sorted(missed))} tests are required; skipped: {report.longrepr}"
        )
    return report


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real labelled logs, or a skip that says how to name it."""
    folder = Path(os.environ.get("COMMONMODE_REAL_DATA", "../shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no real logs at {folder}; COMMONMODE_REAL_DATA names their folder")
    return folder
