"""What a check is told, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from commonmode.stream import Connection, Topics

Verdict = Literal["ok", "warning", "error"]


class Patient(Struct, frozen=True, kw_only=True):
    """What is looked at: a deployment that runs, or one that is to be started.

    Parameters
    ----------
    data_dir
        Its data folder.
    connection
        Its Kafka; None where none is named and none runs here.
    topics
        Its topics.
    ports
        Ports that it is to listen on, besides those it had last time.
    now
        This machine's clock, in seconds since 1970.
    """

    data_dir: Path
    connection: Connection | None = None
    topics: Topics = Topics()
    ports: tuple[int, ...] = ()
    now: Callable[[], float] = time.time


class Diagnosis(Struct, frozen=True):
    """What one check found.

    Parameters
    ----------
    verdict
        ok; warning (it works, but); error (a deployment cannot start).
    found
        What there is.
    remedy
        What to do, empty when all is well.
    """

    verdict: Verdict
    found: str
    remedy: str = ""


Check = Callable[[Patient], Diagnosis]
