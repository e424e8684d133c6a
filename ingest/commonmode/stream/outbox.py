"""Sending to Kafka: idempotent, batched, in bounded memory, every delivery accounted for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from kafka import KafkaProducer
from kafka.errors import (
    InvalidRecordError,
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from kafka.producer.future import FutureRecordMetadata
from msgspec import Struct

from commonmode.stream.connection import Connection
from commonmode.stream.errors import BrokerUnreachableError
from commonmode.stream.topics import LARGEST_RECORD

IN_FLIGHT = 16 * 2**20
"""Bytes handed over and not yet acknowledged, at most: the back-pressure on who posts."""

PATIENCE_SECONDS = 120.0
"""How long a broker may be away before what is in flight counts as undeliverable."""

_REFUSED = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidRecordError,
    InvalidTimestampError,
)
_OVERHEAD = 256


class Record(Struct, frozen=True):
    """One Kafka record to send."""

    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, bytes] = {}

    @property
    def size(self) -> int:
        """Bytes it takes in memory, about."""
        return len(self.key) + len(self.value) + _OVERHEAD


OnRefused = Callable[[Record, str], None]
"""Called with a record that the broker will never take, and why."""


class Outbox:
    """Posts records to Kafka and knows of each whether it arrived.

    The client's own buffer has no bound, so what is in flight is bounded here:
    `post` waits for the oldest delivery when `in_flight` bytes are out.

    Parameters
    ----------
    connection : Connection
        The cluster.
    on_refused : callable
        Called, from `post` and `flush`, for each record refused for what it is (too large).
    in_flight : int
        Bytes out at most.
    patience : float
        Seconds that the broker may be away.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers within a few seconds; later, when it stays away longer than
        `patience` or will not have what is posted. `delivered` then says what had arrived.
    """

    def __init__(
        self,
        connection: Connection,
        on_refused: OnRefused,
        *,
        in_flight: int = IN_FLIGHT,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._bootstrap = connection.bootstrap
        self._on_refused = on_refused
        self._limit = in_flight
        self._out: deque[tuple[FutureRecordMetadata, Record]] = deque()
        self._bytes = 0
        self._patience = patience
        self.delivered = 0
        connection.reach()
        try:
            self._producer = KafkaProducer(
                **connection.for_kafka_python(),
                acks="all",
                enable_idempotence=True,
                linger_ms=10,
                batch_size=256 * 2**10,
                max_request_size=LARGEST_RECORD,
                request_timeout_ms=int(min(10.0, patience / 2) * 1000),
                delivery_timeout_ms=int(patience * 1000),
                max_block_ms=int(patience * 1000),
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except KafkaError as error:
            raise BrokerUnreachableError(self._bootstrap, str(error)) from error

    def post(self, record: Record) -> None:
        """Hand a record over; waits while too much is in flight."""
        headers = list(record.headers.items())
        try:
            future = self._producer.send(record.topic, record.value, record.key, headers)
        except _REFUSED as error:
            self._on_refused(record, str(error))
            return
        except KafkaError as error:
            raise BrokerUnreachableError(self._bootstrap, str(error)) from error
        self._out.append((future, record))
        self._bytes += record.size
        while self._bytes > self._limit or (self._out and self._out[0][0].is_done):
            self._settle_oldest()

    def flush(self) -> None:
        """Wait until every record posted is delivered or refused."""
        self._producer.flush(self._patience)
        while self._out:
            self._settle_oldest()

    def close(self) -> None:
        """Give the connection up; what was not flushed is not waited for."""
        self._producer.close(timeout=0 if self._out else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _settle_oldest(self) -> None:
        future, record = self._out[0]
        try:
            future.get(self._patience)
        except _REFUSED as error:
            self._forget_oldest()
            self._on_refused(record, str(error))
        except KafkaError as error:
            raise BrokerUnreachableError(self._bootstrap, str(error)) from error
        else:
            self._forget_oldest()
            self.delivered += 1

    def _forget_oldest(self) -> None:
        _, record = self._out.popleft()
        self._bytes -= record.size
