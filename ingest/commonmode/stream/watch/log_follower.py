"""Reading the whole log beside faust: grants of everybody, and the history of one's own agents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from commonmode.stream.arrivals import Arrivals
from commonmode.stream.connection import Connection
from commonmode.stream.log_reader import LogReader
from commonmode.stream.positions import Partition, all_partitions
from commonmode.stream.topic_watch import TopicWatch
from commonmode.stream.topics import Topics
from commonmode.stream.watch.doubts import Doubts
from commonmode.stream.watch.notes import Notes, Start
from commonmode.stream.watch.view import View

T = TypeVar("T")
Publish = Callable[[View], Awaitable[None]]

_MOST = 5000
_SLICE = 500
_SECONDS = 0.02
_REFRESH_SECONDS = 3.0
_SETTLE_SECONDS = 0.5


class LogFollower:
    """Keeps a view fed with the log, from where it still matters to its moving end.

    Parameters
    ----------
    connection : Connection
        The cluster.
    topics : Topics
        Names.
    new_view : callable
        Makes a view that starts where the notes say; called whenever the log must be read anew.
    publish : callable
        Says what a view has to say.
    """

    def __init__(
        self,
        connection: Connection,
        topics: Topics,
        new_view: Callable[[Notes], tuple[View, Start]],
        publish: Publish,
    ) -> None:
        self._topics = topics
        names = (topics.events, topics.findings, topics.notes)
        self._watch = TopicWatch(connection, names, _REFRESH_SECONDS)
        self._reader = LogReader(connection, "commonmode-watch-log")
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="log")
        self._new_view = new_view
        self._publish = publish
        self._settled_at = float("-inf")
        self._anew = True
        self._notes: Notes | None = None
        self._doubts = Doubts()
        self.view, _ = new_view(Notes(topics, {}))
        self.ready = asyncio.Event()
        self.ends: dict[int, int] = {}
        """Where the log ends, of each partition of ours, as last heard of."""

    def start_over(self) -> None:
        """Forget everything and read anew what matters: other agents are ours now."""
        self._anew = True
        self.ready.clear()

    async def follow(self, should_stop: Callable[[], bool]) -> None:
        """Read on until told to stop."""
        while not should_stop():
            if self._watch.changed() or self._anew:
                self._stand_at_notes()
            await self._round()

    def _stand_at_notes(self) -> None:
        self._anew = False
        self.ready.clear()
        self._notes = Notes(self._topics, self._watch.found)
        places = all_partitions(self._watch.found)
        self._reader.stand_at({p: 0 for p in places if p.topic == self._topics.notes})

    async def _round(self) -> None:
        started = time.monotonic()
        loop = asyncio.get_running_loop()
        arrivals = await loop.run_in_executor(self._pool, self._reader.read, _MOST, _SECONDS)
        if self._anew:
            return
        if self._notes is not None:
            await self._take_notes(self._notes, arrivals)
        else:
            await self._take_log(arrivals, started)

    async def _take_notes(self, notes: Notes, arrivals: Arrivals) -> None:
        notes.take(arrivals)
        if not (self._watch.answered and self._reader.has_read_all):
            return
        view, start = self._new_view(notes)
        for part in _slices(start.copies):
            view.take_copies(part)
            await asyncio.sleep(0)
        if not self._anew:
            self._notes, self._doubts, self.view = None, Doubts(), view
            self._reader.stand_at(start.offsets)

    async def _take_log(self, arrivals: Arrivals, started: float) -> None:
        for part in _slices(arrivals):
            self.view.take_log(part)
            await self._publish(self.view)
            # Faust's heartbeats have their turn between two slices.
            await asyncio.sleep(0)
        if self._reader.has_read_all and not self.view.has_caught_up:
            self.view.catch_up()
            self.ready.set()
        ends = self._reader.ends()
        self.ends = {p.number: end for p, end in ends.items() if self._is_own(p)}
        positions = self._reader.positions
        if all(positions[p] >= end for p, end in ends.items()):
            self._settled_at = started
        self._answer(positions, ends, started)
        await self._publish(self.view)

    def _answer(self, read: dict[Partition, int], ends: dict[Partition, int], now: float) -> None:
        judged = {Partition(self._topics.events, n): at for n, at in self.view.done.items()}
        done = {p: min(at, judged.get(p, at)) for p, at in read.items()}
        doubted = list(self.view.doubted.values())
        self.view.answer(self._doubts.due(doubted, done, ends, now))

    def _is_own(self, partition: Partition) -> bool:
        return partition.topic == self._topics.events and partition.number in self.view.mine

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


def _slices(many: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(many)
    while part := list(islice(rest, _SLICE)):
        yield part
