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
from commonmode.stream.records import LaidOut


class Load(Struct, frozen=True):
    """All that one round of the sink has to store.

    `handed_on` was rejected, and published, by a stage before; `rejected` here.
    """

    laid_out: LaidOut
    rejected: Sequence[Rejected]
    handed_on: Sequence[Rejected]
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
        self._publish([*load.laid_out.refused, *load.rejected])
        rejected = [*load.laid_out.refused, *load.rejected, *load.handed_on]
        return self._store(load.laid_out, rejected, load.offsets)

    def _store(
        self, laid_out: LaidOut, rejected: Sequence[Rejected], offsets: Sequence[Offset]
    ) -> Appended:
        try:
            return self._appender.append(Batch(laid_out.table, rejected, offsets))
        except BatchRefusedError as error:
            if not laid_out.rows:
                raise
            if len(laid_out.rows) == 1:
                refused = laid_out.rows[0].refused(error.problem)
                self._publish([refused])
                return self._store(_part(laid_out, 0, 0), [*rejected, refused], offsets)
        # Somewhere in there is a row that the store will not have: halve until it stands alone.
        middle = len(laid_out.rows) // 2
        first = self._store(_part(laid_out, 0, middle), (), ())
        rest = _part(laid_out, middle, len(laid_out.rows))
        return first + self._store(rest, rejected, offsets)

    def _publish(self, rejected: Sequence[Rejected]) -> None:
        if not rejected:
            return
        try:
            outbox = self._outbox = self._outbox or Outbox(
                self._connection, self._refused, patience=self._PATIENCE_SECONDS
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


def _part(laid_out: LaidOut, start: int, end: int) -> LaidOut:
    return LaidOut(laid_out.rows[start:end], laid_out.table.slice(start, end - start), [])
