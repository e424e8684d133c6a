"""One batch into the store: rejected records published first, then everything in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from commonmode.events import Rejected
from commonmode.store import Appended, Batch, BatchRefusedError, Offset
from commonmode.stream.connection import Connection
from commonmode.stream.dead_letter import DeadLetter, to_record
from commonmode.stream.errors import BrokerRefusedError, BrokerUnreachableError
from commonmode.stream.outbox import Outbox, Record
from commonmode.stream.records import Decoded


class Load(Struct, frozen=True):
    """All that one round of the sink has to store."""

    decoded: Decoded
    offsets: Sequence[Offset]


class Storage(Protocol):
    """What a sink needs of a store: `commonmode.store.Appender` without its life cycle."""

    def append(self, batch: Batch) -> Appended:
        """Store a batch in one transaction."""
        ...

    def offsets(self) -> Sequence[Offset]:
        """Return how far each partition of the log is stored."""
        ...


class Committer:
    """Stores loads, one after the other.

    A rejected record is published before it is stored: after a crash in between it is published
    again, which whoever reads that topic can tell by its key, and never missing.

    Parameters
    ----------
    appender : Storage
        The store.
    connection : Connection
        The cluster that dead letters go to.
    dead_letters : str
        Their topic.
    """

    _PATIENCE_SECONDS = 20.0

    def __init__(self, appender: Storage, connection: Connection, dead_letters: str) -> None:
        self._appender = appender
        self._connection = connection
        self._topic = dead_letters
        self._outbox: Outbox | None = None

    def commit(self, load: Load) -> Appended:
        """Store a load whole, its offsets with it.

        Raises
        ------
        BrokerUnreachableError, StoreUnreachableError
            When either is away; nothing, or a first part without its offsets, is stored then.
        """
        decoded = load.decoded
        self._publish(decoded.rejected)
        return self._store(decoded, [*decoded.rejected, *decoded.handed_on], load.offsets)

    def _store(
        self, decoded: Decoded, rejected: Sequence[Rejected], offsets: Sequence[Offset]
    ) -> Appended:
        count = len(decoded.payloads)
        try:
            return self._appender.append(Batch(decoded.table, rejected, offsets))
        except BatchRefusedError as error:
            if not count:
                raise
            if count == 1:
                refused = decoded.refused(0, error.problem)
                self._publish([refused])
                return self._store(decoded.part(0, 0), [*rejected, refused], offsets)
        # Somewhere in there is a row that the store will not have: halve until it stands alone.
        first = self._store(decoded.part(0, count // 2), (), ())
        return first + self._store(decoded.part(count // 2, count), rejected, offsets)

    def _publish(self, rejected: Sequence[Rejected]) -> None:
        if not rejected:
            return
        try:
            outbox = self._outbox = self._outbox or Outbox(
                self._connection, self._refused, patience=self._PATIENCE_SECONDS, once=False
            )
            for each in rejected:
                key, headers, value = to_record(DeadLetter(each, "sink"))
                outbox.post(Record(self._topic, key, value, headers))
            outbox.flush()
        except BrokerUnreachableError:
            self.close()
            raise

    def _refused(self, _record: Record, reason: str) -> None:
        raise BrokerRefusedError(self._connection.bootstrap, f"a dead letter; {reason}")

    def close(self) -> None:
        """Let go of the cluster."""
        if self._outbox is not None:
            self._outbox.close()
            self._outbox = None
