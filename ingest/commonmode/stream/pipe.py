"""Logs → Kafka: every record read is either sent or rejected, and both are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from commonmode.events import Event, Position, Rejected
from commonmode.formats.parcel import Parcel, pack
from commonmode.stream.connection import Connection
from commonmode.stream.dead_letter import DeadLetter, to_record
from commonmode.stream.errors import BrokerRefusedError
from commonmode.stream.outbox import IN_FLIGHT, PATIENCE_SECONDS, Outbox, Record
from commonmode.stream.topics import Topics, ensure

PROGRESS_EVERY = 1000


class PipeSummary(Struct, frozen=True):
    """What a pipe did; ``read == sent + rejected``, always.

    Of these, `redacted` had something taken out.
    """

    read: int
    sent: int
    rejected: int
    redacted: int = 0


OnProgress = Callable[[PipeSummary], None]


def _silent(_summary: PipeSummary) -> None:
    pass


class Pipe:
    """Sends events to the topic of events, keyed by agent, and the rest to dead letters.

    A bad record never stops it.
    What arrives twice, after a crash of ours or a retry of a user's, has the same ids,
    and the store drops it.

    Parameters
    ----------
    bootstrap : str
        The cluster.
    topics : Topics
        Where to; created when missing.
    client_properties : dict of str to str, optional
        TLS and SASL.
    on_progress : callable, optional
        Called now and then with the summary so far.
    in_flight : int
        Bytes in memory at most, on their way to the broker.
    patience : float
        Seconds that the broker may be away before the pipe gives up.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers within a few seconds.
    """

    def __init__(  # noqa: PLR0913  each is a setting of its own
        self,
        bootstrap: str,
        topics: Topics | None = None,
        *,
        client_properties: dict[str, str] | None = None,
        on_progress: OnProgress = _silent,
        in_flight: int = IN_FLIGHT,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._connection = Connection(bootstrap, client_properties or {})
        self._topics = topics or Topics()
        self._on_progress = on_progress
        self._read = 0
        self._rejected = 0
        self._redacted = 0
        self.first_rejected: Rejected | None = None
        ensure(self._connection, self._topics)
        self._outbox = Outbox(
            self._connection, self._refuse, in_flight=in_flight, patience=patience
        )

    @property
    def summary(self) -> PipeSummary:
        """What was done so far; what is in flight counts as sent."""
        sent = self._read - self._rejected
        return PipeSummary(self._read, sent, self._rejected, self._redacted)

    @property
    def delivered(self) -> int:
        """How many records the broker has acknowledged, of both kinds."""
        return self._outbox.delivered

    def run(self, records: Iterable[Event | Rejected], source: str = "pipe") -> PipeSummary:
        """Send records as they come; see `deliver`."""
        return self.deliver(pack(enumerate(records, 1), source, most=1))

    def deliver(self, parcels: Iterable[Parcel]) -> PipeSummary:
        """Send all records, wait until the broker has them, and let go of it.

        Raises
        ------
        BrokerUnreachableError
            When the broker stays away too long.
        """
        with self._outbox:
            for parcel in parcels:
                self._take(parcel)
            self._outbox.flush()
        self._on_progress(self.summary)
        return self.summary

    def _take(self, parcel: Parcel) -> None:
        before, self._read = self._read, self._read + parcel.count
        self._redacted += parcel.redacted
        self._outbox.post_all(self._topics.events, parcel.source, parcel.events)
        for rejected in parcel.rejected:
            self._reject(rejected)
        self._outbox.tend()
        if self._read // PROGRESS_EVERY > before // PROGRESS_EVERY:
            self._on_progress(self.summary)

    def _reject(self, rejected: Rejected) -> None:
        self._rejected += 1
        self.first_rejected = self.first_rejected or rejected
        key, headers, value = to_record(DeadLetter(rejected, "pipe"))
        self._outbox.post(Record(self._topics.rejected, key, value, headers, rejected.position))

    def _refuse(self, record: Record, reason: str) -> None:
        if record.topic == self._topics.rejected:
            self._outbox.post(self._shorter(record, reason))
            return
        hint = "the topic's max.message.bytes and the broker's limit decide how large"
        place = record.place or Position(record.topic, None, 0)
        self._reject(
            Rejected(f"the broker refused it: {reason}.", hint, record.value or b"", place)
        )

    def _shorter(self, letter: Record, reason: str) -> Record:
        """Return a dead letter cut in half: its first bytes are better than none."""
        whole = letter.value or b""
        half = whole[: len(whole) // 2]
        if not half:
            raise BrokerRefusedError(self._connection.bootstrap, f"a dead letter; {reason}")
        note = f" (only {len(half):,} bytes fit the topic)".encode()
        told = letter.headers["reason"].partition(b" (only ")[0] + note
        return msgspec.structs.replace(
            letter, value=half, headers={**letter.headers, "reason": told}
        )
