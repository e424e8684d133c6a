"""Which processes a deployment consists of, and the command line of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from commonmode.events import Level
from commonmode.local.pulse import PULSE
from commonmode.store import PublicAddress

CLIENT_PROPERTIES = "COMMONMODE_CLIENT_PROPERTIES"
"""Carries ``-X`` to the children: a password on a command line is seen by every user."""


class Plan(Struct, frozen=True, kw_only=True):
    """What to run on one machine.

    Parameters
    ----------
    data_dir
        The data folder.
    bootstrap
        A Kafka that stands already; None starts one here.
    broker
        Whether Kafka is part of it at all; without it there is nothing to consume or to watch.
    topic
        Topic of events.
    client_properties
        TLS and SASL for a Kafka that stands already.
    redact
        What the owner takes out of records before it stores them; None: nothing.
    public
        Where others may read the store as well; None: nowhere.
    broker_port, flight_port, dashboard_port
        Ports on loopback; 0 takes the one of last time, or a free one.
    """

    data_dir: Path
    bootstrap: str | None = None
    broker: bool = True
    watch: bool = True
    detect: bool = True
    dashboard: bool = True
    topic: str = "commonmode.events"
    client_properties: Mapping[str, str] = {}
    redact: Level | None = None
    public: PublicAddress | None = None
    broker_port: int = 0
    flight_port: int = 0
    dashboard_port: int = 0

    @property
    def own_broker(self) -> bool:
        """Whether a broker is started here."""
        return self.broker and self.bootstrap is None

    @property
    def kafka(self) -> bool:
        """Whether there is a Kafka at all, of whomever."""
        return self.broker or self.bootstrap is not None


def verb(plan: Plan, name: str, bootstrap: str | None, *options: str) -> list[str]:
    """Return the command line that runs one verb of ours on this data.

    >>> verb(Plan(data_dir=Path("d")), "watch", "127.0.0.1:9092")[3:]
    ['watch', '--data', 'd', '-b', '127.0.0.1:9092', '-t', 'commonmode.events']
    """
    command = [sys.executable, "-m", "commonmode.cli.main", name, "--data", str(plan.data_dir)]
    if bootstrap is not None:
        command += ["-b", bootstrap, "-t", plan.topic]
    return [*command, *options]


def detached(arguments: Sequence[str]) -> list[str]:
    """Return the command line that does the same as this one, but stays in the foreground.

    >>> detached(["commonmode", "up", "--detach", "-b", "h:1"])[-3:]
    ['up', '-b', 'h:1']
    """
    kept = [one for one in arguments[1:] if one not in ("--detach", "-d")]
    return [sys.executable, "-m", "commonmode.cli.main", *kept]


def environment(plan: Plan, pulse: Path | None = None) -> dict[str, str]:
    """Return the environment of a child; `pulse` is the file that its signs of life go to."""
    properties = "\n".join(f"{key}={value}" for key, value in plan.client_properties.items())
    named = {} if pulse is None else {PULSE: str(pulse)}
    return {**os.environ, "PYTHONUNBUFFERED": "1", CLIENT_PROPERTIES: properties, **named}
