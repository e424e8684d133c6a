"""A faust agent that does nothing with what it reads: ``python bare_faust.py BROKER TOPIC DIR``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import faust


def app(broker: str, topic: str, folder: Path) -> Any:
    """Return an app with one agent, as plain as faust's own tutorial."""
    own = folder / str(os.getpid())
    own.mkdir(parents=True)
    bare: Any = faust.App(
        f"bare-{topic}",
        broker=f"kafka://{broker}",
        datadir=own,
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
    )
    events = bare.topic(topic, key_serializer="raw", value_serializer="raw")

    async def read(stream: Any) -> None:
        async for _ in stream:
            pass

    bare.agent(events)(read)
    return bare


if __name__ == "__main__":
    made = app(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    worker = faust.Worker(made, loglevel="WARNING", redirect_stdouts=False, quiet=True)
    worker.execute_from_commandline()
