"""Sending to Kafka: idempotent, batched, in bounded memory, every delivery accounted for."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from msgspec import Struct

from commonmode.events import Position
from commonmode.stream.connection import Connection
from commonmode.stream.errors import BrokerRefusedError, BrokerUnreachableError
from commonmode.stream.topics import LARGEST_RECORD

logger = logging.getLogger(__name__)

IN_FLIGHT = 16 * 2**20
"""Bytes handed over and not yet acknowledged, at most: the back-pressure on who posts."""

PATIENCE_SECONDS = 120.0
"""How long a broker may be away before what is in flight counts as undeliverable."""

_SETTINGS: Mapping[str, object] = {
    "acks": "all",
    "linger.ms": 10,
    "batch.size": 256 * 2**10,
    "message.max.bytes": LARGEST_RECORD,
    # Those that arrived are counted; to hear of each took longer than to send it.
    "delivery.report.only.error": True,
}
_SLICE_SECONDS = 0.2
"""How long one wait in the client may last: between two, signals are heard."""

_REFUSED = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.INVALID_RECORD,
        KafkaError.INVALID_TIMESTAMP,
    }
)
_FORBIDDEN = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.POLICY_VIOLATION,
    }
)


class Record(Struct, frozen=True):
    """One Kafka record to send, and where it was read, where that is known.

    No value takes a key out of a topic that is compacted.
    """

    topic: str
    key: bytes
    value: bytes | None
    headers: Mapping[str, bytes] = {}
    place: Position | None = None


Keyed = tuple[int, bytes, bytes]
"""A record of many: the line it was read from, its key and its value."""

OnRefused = Callable[[Record, str], None]
"""Called with a record that the broker will never take, and why."""


class Outbox:
    """Posts records to Kafka and knows of each whether it arrived.

    Parameters
    ----------
    connection : Connection
        The cluster.
    on_refused : callable
        Called, from `tend` and `flush`, for each record refused for what it is (too large).
    in_flight : int
        Bytes out at most: `post` waits while there are more.
    patience : float
        Seconds that the broker may be away.
    once : bool
        Whether records arrive once each and in their order. Without it one may arrive twice after
        a failure, and the first is on its way half a second sooner: no identity is asked for.

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
        once: bool = True,
    ) -> None:
        self._bootstrap = connection.bootstrap
        self._on_refused = on_refused
        self._crowded: deque[Record] = deque()
        self._refused: deque[tuple[Record, str]] = deque()
        self._failure: KafkaError | None = None
        self._attending = False
        self._handed_over = 0
        self._undelivered = 0
        connection.reach()
        settings = {
            **connection.for_librdkafka(),
            **_SETTINGS,
            "enable.idempotence": once,
            "queue.buffering.max.kbytes": max(1, in_flight // 1024),
            "message.timeout.ms": int(patience * 1000),
        }
        self._producer = Producer(settings, logger=logger)

    @property
    def out(self) -> int:
        """Records handed over and not yet acknowledged."""
        return len(self._producer)

    @property
    def delivered(self) -> int:
        """Records that the broker has acknowledged."""
        return self._handed_over - self._undelivered - self.out

    def post(self, record: Record) -> None:
        """Hand a record over; waits while too much is in flight."""
        self._hand_over(record, self._failed)

    def post_all(self, topic: str, source: str, records: Sequence[Keyed]) -> None:
        """Hand records of one log over, in their order; waits as `post` does."""
        failed = partial(self._one_failed, topic, source, records)
        messages: list[dict[str, Any]] = [{"key": k, "value": v} for _, k, v in records]
        while messages:
            taken = self._producer.produce_batch(topic, messages, on_delivery=failed)
            self._handed_over += taken
            if taken == len(messages):
                return
            messages = self._not_taken(topic, source, records, messages)

    def _not_taken(
        self,
        topic: str,
        source: str,
        records: Sequence[Keyed],
        messages: Sequence[dict[str, Any]],
    ) -> list[dict[str, Any]]:
        """Return what there was no room for, once there may be; of the rest say what is wrong."""
        waiting = []
        for message in messages:
            error = message.pop("_error", None)
            if error is None:
                continue
            if error.code() == KafkaError._QUEUE_FULL:  # noqa: SLF001  this client names its own codes so
                waiting.append(message)
            else:
                record = _found(topic, source, records, message["key"], message["value"])
                self._note(record, error)
        if waiting:
            self._producer.poll(_SLICE_SECONDS)
            self._check()
        return waiting

    def tend(self) -> None:
        """Hear of deliveries and refusals: now and then, because asking costs as much as posting.

        `flush` does it too.
        """
        self._producer.poll(0)
        self._attend()

    def flush(self) -> None:
        """Wait until every record posted is delivered or refused."""
        while len(self._producer) or self._crowded or self._refused:
            self._wait()
            self._attend()

    def close(self) -> None:
        """Give the connection up; what was not flushed is not waited for."""
        self._producer.purge()
        self._producer.flush(_SLICE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _hand_over(
        self, record: Record, failed: Callable[[Record, KafkaError | None, Message], None]
    ) -> None:
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    headers=dict(record.headers) if record.headers else None,
                    on_delivery=partial(failed, record),
                )
            except BufferError:
                self._producer.poll(_SLICE_SECONDS)
                self._check()
            except KafkaException as error:
                self._note(record, error.args[0])
                return
            else:
                self._handed_over += 1
                return

    def _one_failed(
        self,
        topic: str,
        source: str,
        records: Sequence[Keyed],
        error: KafkaError | None,
        message: Message,
    ) -> None:
        record = _found(topic, source, records, message.key(), message.value())
        self._failed(record, error, message)

    def _failed(self, record: Record, error: KafkaError | None, message: Message) -> None:
        if error is not None and error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            # The limit is a batch's: the others in it made it too large, or this one did.
            self._undelivered += 1
            self._crowded.append(record)
        else:
            self._failed_alone(record, error, message)

    def _failed_alone(self, record: Record, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._undelivered += 1
            self._note(record, error)

    def _note(self, record: Record, error: KafkaError) -> None:
        if error.code() in _REFUSED:
            self._refused.append((record, f"{error.str()} ({len(record.value or b''):,} bytes)"))
        else:
            self._failure = self._failure or error

    def _attend(self) -> None:
        """Do what deliveries asked for: here, because the client's callbacks may not post."""
        self._check()
        if self._attending:
            return
        self._attending = True
        while self._crowded:
            self._wait()
            self._hand_over(self._crowded.popleft(), self._failed_alone)
            self._wait()
        while self._refused:
            self._on_refused(*self._refused.popleft())
        self._attending = False

    def _wait(self) -> None:
        while len(self._producer):
            self._producer.flush(_SLICE_SECONDS)
            self._check()

    def _check(self) -> None:
        if self._failure is None:
            return
        kind = BrokerRefusedError if self._failure.code() in _FORBIDDEN else BrokerUnreachableError
        raise kind(self._bootstrap, self._failure.str())


def _found(topic: str, source: str, records: Sequence[Keyed], key: object, value: object) -> Record:
    """Return the record with the place it was read from: of equal ones the first, one event all."""
    line, k, v = next(each for each in records if each[1:] == (key, value))
    return Record(topic, k, v, place=Position(source, None, line))
