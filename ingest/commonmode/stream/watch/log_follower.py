"""Reading the whole log beside faust: grants of everybody, and the history of one's own agents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from commonmode.stream.connection import Connection
from commonmode.stream.findings import FindingEvent
from commonmode.stream.log_reader import LogReader
from commonmode.stream.positions import Partition, all_partitions
from commonmode.stream.topic_watch import TopicWatch
from commonmode.stream.topics import Topics
from commonmode.stream.watch.view import View

Publish = Callable[[Sequence[FindingEvent]], Awaitable[None]]

_MOST = 5000
_SLICE = 500
_SECONDS = 0.02
_REFRESH_SECONDS = 3.0
_SETTLE_SECONDS = 0.5


class LogFollower:
    """Keeps a view fed with the log, from its beginning to its moving end.

    Parameters
    ----------
    connection : Connection
        The cluster.
    topics : Topics
        Names.
    new_view : callable
        Makes an empty view; called whenever the log must be read anew.
    publish : callable
        Takes findings to where they belong.
    """

    def __init__(
        self,
        connection: Connection,
        topics: Topics,
        new_view: Callable[[], View],
        publish: Publish,
    ) -> None:
        names = (topics.events, topics.findings)
        self._events = topics.events
        self._watch = TopicWatch(connection, names, _REFRESH_SECONDS)
        self._reader = LogReader(connection, "commonmode-watch-log")
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="log")
        self._new_view = new_view
        self._publish = publish
        self._settled_at = float("-inf")
        self._anew = True
        self.view = new_view()
        self.ready = asyncio.Event()
        self.ends: dict[int, int] = {}
        """Where the log ends, of each partition of ours, as last heard of."""

    def start_over(self) -> None:
        """Forget everything and read the log anew: other agents are ours now."""
        self._anew = True
        self.ready.clear()

    async def follow(self, should_stop: Callable[[], bool]) -> None:
        """Read on until told to stop."""
        while not should_stop():
            if self._watch.changed() or self._anew:
                self._stand_at_beginning()
            await self._round()

    def _stand_at_beginning(self) -> None:
        self._anew = False
        self.ready.clear()
        self.view = self._new_view()
        self._reader.stand_at(dict.fromkeys(all_partitions(self._watch.found), 0))

    async def _round(self) -> None:
        started = time.monotonic()
        loop = asyncio.get_running_loop()
        arrivals = await loop.run_in_executor(self._pool, self._reader.read, _MOST, _SECONDS)
        if self._anew:
            return
        rest = iter(arrivals)
        while part := list(islice(rest, _SLICE)):
            await self._publish(self.view.take_log(part))
            # Faust's heartbeats have their turn between two slices.
            await asyncio.sleep(0)
        if self._watch.answered and self._reader.has_read_all and not self.view.has_caught_up:
            await self._publish(self.view.catch_up())
            self.ready.set()
        ends = self._reader.ends()
        self.ends = {p.number: end for p, end in ends.items() if self._is_own(p)}
        positions = self._reader.positions
        if all(positions[p] >= end for p, end in ends.items()):
            self._settled_at = started

    def _is_own(self, partition: Partition) -> bool:
        return partition.topic == self._events and partition.number in self.view.mine

    async def settle(self) -> None:
        """Wait until all that was in the log by now is in the view, half a second at most.

        It spares false alarms about a grant that was written just before the action, to another
        partition. One that comes later than that is told by a revision.
        """
        now = time.monotonic()
        while self._settled_at < now < time.monotonic() + _SETTLE_SECONDS:
            if time.monotonic() - now > _SETTLE_SECONDS:
                return
            await asyncio.sleep(_SECONDS / 4)

    def close(self) -> None:
        """Let go of the cluster."""
        self._pool.shutdown()
        self._watch.close()
        self._reader.close()
