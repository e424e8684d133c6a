"""A sink in a process of its own, feeding whoever owns the store at the moment."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path

from commonmode.store import Appended, Batch, Offset, StoreUnreachableError, run_dir
from commonmode.store.flight.address import Address, find_owner, read_token
from commonmode.store.flight.client import FlightAppender
from commonmode.stream import Sink, Topics


class Following:
    """An appender that finds the owner anew whenever it is another one."""

    def __init__(self, data: Path) -> None:
        self._run = run_dir(data)
        self._at: Address | None = None
        self._appender: FlightAppender | None = None

    def append(self, batch: Batch) -> Appended:
        return self._owner().append(batch)

    def offsets(self) -> list[Offset]:
        return self._owner().offsets()

    def _owner(self) -> FlightAppender:
        address = find_owner(self._run)
        if address is None:
            msg = "no owner is up."
            raise StoreUnreachableError(msg)
        if self._appender is None or address != self._at:
            self._at = address
            self._appender = FlightAppender(address, read_token(self._run))
        return self._appender


def main(data: str, bootstrap: str, topic: str) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    print("reading", flush=True)  # noqa: T201  whoever started it waits for this
    Sink(Following(Path(data)), bootstrap, Topics.named(topic), refresh=0.5).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
