"""Kafka → store, exactly once: rows, rejected records and offsets in one transaction."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from commonmode.events import Redaction
from commonmode.store import Appended, Offset, StoreFullError, StoreUnreachableError
from commonmode.stream.arrivals import Arrivals
from commonmode.stream.commit import Committer, Load, Storage
from commonmode.stream.connection import Connection
from commonmode.stream.errors import BrokerUnreachableError
from commonmode.stream.log_reader import LogReader
from commonmode.stream.positions import Partition, all_partitions, starting_offsets
from commonmode.stream.records import decode_records
from commonmode.stream.sink_status import SinkStatus, StatusBoard
from commonmode.stream.topic_watch import Found, TopicWatch
from commonmode.stream.topics import Topics

logger = logging.getLogger(__name__)

GROUP = "commonmode-sink"

_AWAY = (StoreUnreachableError, StoreFullError, BrokerUnreachableError)


class Sink:
    """Moves records from the log into the store.

    One round: read a batch, decode it while the batch before is being committed, then hand it to
    the store, which commits events, rejected records and next offsets together or not at all.
    Whatever goes wrong in between, what is in hand is forgotten
    and the log is read again from the offsets that the store has; so nothing is lost or doubled.

    Without `group` this sink reads all partitions.
    With it, the sinks of a group share them and may all feed the store's one owner.

    Parameters
    ----------
    appender : Storage
        The store.
    bootstrap : str
        The cluster.
    topics : Topics
        Events and findings are stored; of the rejected, those the pipe refused.
    client_properties : dict of str to str, optional
        TLS and SASL.
    group : str, optional
        Name of the group of sinks to share the work with.
    redaction : Redaction, optional
        Takes texts and secrets out of every record before it is stored.
    batch_rows : int
        Records of one transaction at most.
    linger : float
        Seconds from one batch to the next, if it does not fill before.
    refresh : float
        Seconds between two looks at whether topics were made, deleted or given partitions.
    """

    def __init__(  # noqa: PLR0913  each is a setting of its own
        self,
        appender: Storage,
        bootstrap: str,
        topics: Topics | None = None,
        *,
        client_properties: dict[str, str] | None = None,
        group: str | None = None,
        redaction: Redaction | None = None,
        batch_rows: int = 20_000,
        linger: float = 0.2,
        refresh: float = 3.0,
    ) -> None:
        self._appender = appender
        self._connection = Connection(bootstrap, client_properties or {})
        self._topics = topics or Topics()
        self._group = group
        self._redaction = redaction
        self._batch_rows = batch_rows
        self._linger = linger
        self._refresh = refresh
        self._board = StatusBoard()
        self._pending: Future[Appended] | None = None
        self._due = 0.0
        self._stale = True
        self._mine: Sequence[Partition] = ()
        self._known: Found = {}

    @property
    def status(self) -> SinkStatus:
        """Where the sink stands; may be asked from any thread."""
        return self._board.status

    def run(self, stop: threading.Event, *, until_end: bool = False) -> SinkStatus:
        """Store what arrives until `stop` is set; what was decoded by then is committed.

        A broker that is away, an owner of the store that is, and room on its disk are waited for.

        Parameters
        ----------
        stop : threading.Event
            Ends the run within about a second.
        until_end : bool
            Also end once everything is stored that the log held at the beginning.

        Raises
        ------
        StoreError
            When the store will not have even a single row, for a reason that is not the row's.
        """
        self._log = LogReader(self._connection, self._group or GROUP)
        self._watch = TopicWatch(self._connection, self._topics.names, self._refresh)
        self._committer = Committer(self._appender, self._connection, self._topics.rejected)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="commit")
        try:
            if self._group is not None:
                self._log.subscribe(self._topics.names, self._given, self._taken)
            while not stop.is_set() and not (until_end and self._has_read_all()):
                self._round_or_wait(stop)
            self._settle()
        finally:
            self._close()
        return self.status

    def _round_or_wait(self, stop: threading.Event) -> None:
        try:
            self._round()
        except _AWAY as error:
            logger.warning("%s Reading on from what is stored once it is back.", error)
            self._stale = True
            stop.wait(self._refresh)

    def _round(self) -> None:
        if self._watch.changed():
            self._stale = True
        if self._stale:
            self._stand_where_stored()
        arrivals = self._log.read(self._batch_rows, max(0.0, self._due - time.monotonic()))
        self._due = time.monotonic() + self._linger
        load = self._decode(arrivals) if arrivals else None
        self._wait_for_commit()
        if load is not None:
            self._pending = self._pool.submit(self._commit, load)
        self._board.saw(self._log.positions, self._log.ends())

    def _decode(self, arrivals: Arrivals) -> Load:
        decoded = decode_records(arrivals, self._topics.rejected, self._redaction)
        return Load(decoded, self._offsets_after(arrivals))

    def _offsets_after(self, arrivals: Arrivals) -> list[Offset]:
        touched = set(zip(arrivals.topics, arrivals.partitions, strict=True))
        return [
            Offset(p.topic, p.number, at, self._known[p.topic].topic_id)
            for p, at in self._log.positions.items()
            if p in touched
        ]

    def _commit(self, load: Load) -> Appended:
        appended = self._committer.commit(load)
        self._board.stored(appended, load.decoded.table)
        return appended

    def _wait_for_commit(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def _settle(self) -> None:
        """Let the commit under way end, well or not: the log is read again from what is stored."""
        try:
            self._wait_for_commit()
        except _AWAY as error:
            logger.warning("%s The last batch is read again.", error)

    def _stand_where_stored(self) -> None:
        self._settle()
        self._known = self._watch.found
        mine = all_partitions(self._known) if self._group is None else self._mine
        mine = [partition for partition in mine if partition.topic in self._known]
        self._log.stand_at(starting_offsets(mine, self._appender.offsets(), self._known))
        self._stale = False

    def _given(self, partitions: list[Partition]) -> None:
        self._mine = partitions
        self._stale = True

    def _taken(self) -> None:
        self._settle()
        self._mine = ()
        self._stale = True

    def _has_read_all(self) -> bool:
        known = self._watch.answered and not self._stale
        return known and self._log.has_read_all and self._pending is None

    def _close(self) -> None:
        self._pool.shutdown()
        self._committer.close()
        self._watch.close()
        self._log.close()
