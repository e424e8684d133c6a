"""Writing down, every few seconds, what of the log still matters."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from commonmode.stream.connection import Connection
from commonmode.stream.errors import BrokerRefusedError, BrokerUnreachableError
from commonmode.stream.outbox import Outbox, Record
from commonmode.stream.topics import Topics
from commonmode.stream.watch.notes import Mark, copy_record, mark_record
from commonmode.stream.watch.view import View

logger = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
"""What was read since is read again by who starts next: a few seconds of the log."""

_MOMENT_SECONDS = 0.05


class NoteKeeper:
    """Writes a view's notes: first the copies, and then the marks that count on them.

    Notes that cannot be written cost the next start time and nothing else.

    Parameters
    ----------
    connection : Connection
        The cluster.
    topics : Topics
        Names.
    """

    def __init__(self, connection: Connection, topics: Topics) -> None:
        self._connection = connection
        self._topics = topics
        self._outbox: Outbox | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="notes")
        self._written: dict[int, Mark] = {}

    async def keep(self, view: Callable[[], View], should_stop: Callable[[], bool]) -> None:
        """Write on until told to stop."""
        pause = EVERY_SECONDS
        while not should_stop():
            await asyncio.sleep(pause)
            # Between two findings there is a moment without one that is unsaid.
            pause = EVERY_SECONDS if await self.write(view()) else _MOMENT_SECONDS

    async def write(self, view: View) -> bool:
        """Write down what of the log matters to a view, unless it has something to say."""
        if not view.is_at_rest():
            return False
        copies, marks = list(view.progress.copies), view.marks()
        new = [mark for mark in marks if mark != self._written.get(mark.partition)]
        told = [copy_record(each, self._topics, view.progress.logs) for each in copies]
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._pool, self._post, told)
            await loop.run_in_executor(
                self._pool, self._post, [mark_record(each, self._topics) for each in new]
            )
        except BrokerUnreachableError as error:
            logger.warning("the next start will be longer: %s", error)
            self.close()
            return True
        del view.progress.copies[: len(copies)]
        self._written |= {mark.partition: mark for mark in new}
        return True

    def _post(self, records: list[Record]) -> None:
        if not records:
            return
        if self._outbox is None:
            self._outbox = Outbox(self._connection, self._refused, once=False)
        for record in records:
            self._outbox.post(record)
        self._outbox.flush()

    def _refused(self, record: Record, reason: str) -> None:
        raise BrokerRefusedError(self._connection.bootstrap, f"{record.topic}: {reason}")

    def close(self) -> None:
        """Let go of the cluster."""
        if self._outbox is not None:
            self._outbox.close()
            self._outbox = None
