"""Reading the log: a consumer that is told where to stand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka._types import HeadersType

from commonmode.stream.arrivals import Arrivals, Headers
from commonmode.stream.connection import Connection
from commonmode.stream.positions import Partition

logger = logging.getLogger(__name__)

_END = KafkaError._PARTITION_EOF  # noqa: SLF001  this client names its own codes so

_SETTINGS: Mapping[str, object] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    # A stored place that no longer exists means a log cut short: what is left is read again,
    # and the store drops what it has.
    "auto.offset.reset": "earliest",
    "enable.partition.eof": True,
    "allow.auto.create.topics": False,
    # Answering for every few records took broker and owner a sixth of a core each (page 36).
    "fetch.min.bytes": 256 * 1024,
    "fetch.wait.max.ms": 100,
    "queued.max.messages.kbytes": 32 * 1024,
    "topic.metadata.refresh.interval.ms": 5000,
}

_FIRST_SECONDS = 0.05
"""Patience until the first record: the client takes several calls to get there, and each that
brings none sits its time out."""

Starts = Mapping[Partition, int]


class LogReader:
    """Reads arrivals from partitions that somebody else chooses.

    Parameters
    ----------
    connection : Connection
        The cluster.
    group : str
        Name of the consumer group; only `subscribe` makes use of it.
    """

    def __init__(self, connection: Connection, group: str) -> None:
        settings = {**connection.for_librdkafka(), **_SETTINGS, "group.id": group}
        self._consumer = Consumer(settings, logger=logger)
        self._next: dict[Partition, int] = {}
        self._ended: set[Partition] = set()
        self._begun = False

    @property
    def positions(self) -> dict[Partition, int]:
        """The next offset of each partition being read."""
        return dict(self._next)

    def stand_at(self, starts: Starts) -> None:
        """Read these partitions, from these offsets on, and no others."""
        self._next = dict(starts)
        self._ended.clear()
        self._begun = False
        self._consumer.assign([TopicPartition(p.topic, p.number, at) for p, at in starts.items()])

    def leave(self) -> None:
        """Read nothing until told to again."""
        self._next = {}
        self._consumer.unassign()

    def subscribe(
        self,
        topics: Iterable[str],
        on_assign: Callable[[list[Partition]], None],
        on_revoke: Callable[[], None],
    ) -> None:
        """Share the topics with the rest of the group.

        `on_assign` gets the partitions that are ours from now on and must call `stand_at`.
        `on_revoke` is called before they are somebody else's; it must finish what is in hand.
        """

        def assigned(_consumer: Consumer, partitions: list[TopicPartition]) -> None:
            on_assign([Partition(p.topic, p.partition) for p in partitions])

        def revoked(_consumer: Consumer, _partitions: list[TopicPartition]) -> None:
            on_revoke()
            self.leave()

        self._consumer.subscribe(
            list(topics), on_assign=assigned, on_revoke=revoked, on_lost=revoked
        )

    def read(self, most: int, seconds: float) -> Arrivals:
        """Return up to `most` records, waiting `seconds` at most for them."""
        patience = seconds if self._begun else min(seconds, _FIRST_SECONDS)
        messages = self._consumer.consume(most, patience)
        self._begun = self._begun or bool(messages)
        records = [message for message in messages if not self._is_note(message)]
        arrivals = to_arrivals(records)
        last = dict(zip(_places(arrivals), arrivals.offsets, strict=True))
        for place in last.keys() & self._next.keys():
            self._next[Partition(*place)] = last[place] + 1
        return arrivals if last.keys() <= self._next.keys() else self._only_ours(arrivals)

    def _only_ours(self, arrivals: Arrivals) -> Arrivals:
        places = enumerate(_places(arrivals))
        return arrivals.take([number for number, place in places if place in self._next])

    def _is_note(self, message: Message) -> bool:
        if message.error() is None:
            return False
        self._note(message)
        return True

    def _note(self, message: Message) -> None:
        error = message.error()
        place = Partition(message.topic() or "", message.partition() or 0)
        if error is None:
            return
        if error.fatal():
            raise KafkaException(error)
        if error.code() == _END and place in self._next:
            # What is left before the end are transactions' own marks, which nobody reads.
            self._next[place] = max(self._next[place], message.offset() or 0)
            self._ended.add(place)
        else:
            logger.debug("broker: %s", error)

    def ends(self) -> dict[Partition, int]:
        """Return each partition's end, as last heard of."""
        return {p: end for p in self._next if (end := self._end(p)) is not None}

    def _end(self, partition: Partition) -> int | None:
        where = TopicPartition(partition.topic, partition.number)
        marks = self._consumer.get_watermark_offsets(where, cached=True)
        return marks[1] if marks is not None and marks[1] >= 0 else None

    @property
    def has_read_all(self) -> bool:
        """Whether each partition was read to its end once, since `stand_at`."""
        return self._ended >= self._next.keys()

    def close(self) -> None:
        """Leave the group and the cluster."""
        self._consumer.close()


def to_arrivals(messages: Sequence[Message]) -> Arrivals:
    """Take a client's messages over into our own words."""
    return Arrivals(
        [message.topic() or "" for message in messages],
        [message.partition() or 0 for message in messages],
        [message.offset() or 0 for message in messages],
        [_by_name(message.headers()) for message in messages],
        [message.value() for message in messages],
    )


def _places(arrivals: Arrivals) -> Iterator[tuple[str, int]]:
    return zip(arrivals.topics, arrivals.partitions, strict=True)


_NO_HEADERS: Headers = {}


def _by_name(headers: HeadersType | None) -> Headers:
    if not headers:
        return _NO_HEADERS
    pairs = headers.items() if isinstance(headers, dict) else headers
    return {
        name: value.encode() if isinstance(value, str) else value or b"" for name, value in pairs
    }
