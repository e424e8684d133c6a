"""The topics: their names, and their creation so that nothing in them ever expires."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError
from msgspec import Struct

from commonmode.stream.connection import Connection
from commonmode.stream.errors import BrokerRefusedError, BrokerUnreachableError

LARGEST_RECORD = 8 * 2**20
"""Bytes of one record: a whole page that an agent read should fit."""

SETTINGS: Mapping[str, str] = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "max.message.bytes": str(LARGEST_RECORD),
}
"""An event log does not forget: an event of 2023 must not expire on arrival."""

NOTES_SETTINGS: Mapping[str, str] = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "compact",
    "max.message.bytes": str(LARGEST_RECORD),
    # Only whole segments are compacted, and every start reads what is not.
    "segment.bytes": str(2 * LARGEST_RECORD),
    "min.cleanable.dirty.ratio": "0.1",
}
"""Of what workers of the watch note, the last word on each thing is enough."""

_SUFFIX = ".events"


class Topics(Struct, frozen=True):
    """Names and sizes of the topics.

    Findings and rejected records have one partition each: their order is their meaning.

    Parameters
    ----------
    events, findings, rejected, notes : str
        Names. `notes` are the watch's own.
    partitions : int
        Partitions of the topic of events, when it is created here.
    """

    events: str = "commonmode.events"
    findings: str = "commonmode.findings"
    rejected: str = "commonmode.rejected"
    notes: str = "commonmode.watch"
    partitions: int = 8

    @classmethod
    def named(cls, events: str) -> Topics:
        """Return the topics that go with a topic of events.

        Examples
        --------
        >>> Topics.named("acme.events").findings, Topics.named("logs").rejected
        ('acme.findings', 'logs.rejected')
        """
        prefix = events.removesuffix(_SUFFIX)
        return cls(events, f"{prefix}.findings", f"{prefix}.rejected", f"{prefix}.watch")

    @property
    def names(self) -> tuple[str, str, str]:
        """The three that are the log; what the watch notes can be had from them again."""
        return (self.events, self.findings, self.rejected)

    def settings(self, name: str) -> Mapping[str, str]:
        """Return how one of the topics is kept."""
        return NOTES_SETTINGS if name == self.notes else SETTINGS


class TopicState(Struct, frozen=True):
    """A topic as the cluster has it; a topic deleted and made again has another `topic_id`."""

    topic_id: str
    partitions: int


@contextmanager
def administration(connection: Connection) -> Iterator[Any]:
    """Open an administrative client, a `KafkaAdminClient` of version 3.

    It is `Any` here because the stubs that type checkers bundle know version 2 only.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers within `BOOTSTRAP_SECONDS`.
    """
    connection.reach()
    try:
        client = KafkaAdminClient(**connection.for_kafka_python())
    except KafkaError as error:
        raise BrokerUnreachableError(connection.bootstrap, str(error)) from error
    try:
        yield client
    except KafkaError as error:
        raise BrokerRefusedError(connection.bootstrap, str(error)) from error
    finally:
        client.close()


def ensure(connection: Connection, topics: Topics) -> None:
    """Create the topics of the log that are missing; leave those that stand as they are.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers, or it will not create them.
    """
    _ensure(connection, topics, topics.names)


def ensure_notes(connection: Connection, topics: Topics) -> None:
    """Create the topic of notes where it is missing.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers, or it will not create it.
    """
    _ensure(connection, topics, (topics.notes,))


def _ensure(connection: Connection, topics: Topics, names: tuple[str, ...]) -> None:
    partitions = {topics.events: topics.partitions}
    with administration(connection) as admin:
        standing = set(admin.list_topics())
        for name in names:
            if name not in standing:
                _create(admin, name, partitions.get(name, 1), topics.settings(name))


def _create(admin: Any, name: str, partitions: int, settings: Mapping[str, str]) -> None:
    wanted = {"num_partitions": partitions, "configs": dict(settings)}
    try:
        admin.create_topics({name: wanted}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        # Somebody else was as quick: what was wanted stands.
        admin.wait_for_topics([name])


def describe(connection: Connection, names: tuple[str, ...]) -> dict[str, TopicState]:
    """Return those of the topics that exist, with their ids and partitions."""
    with administration(connection) as admin:
        return {
            topic["name"]: TopicState(_short(topic["topic_id"]), len(topic["partitions"]))
            for topic in admin.describe_topics(list(names))
            if topic["error_code"] == 0
        }


def _short(topic_id: object) -> str:
    # librdkafka writes the same sixteen bytes in base 64.
    return b64encode(UUID(str(topic_id)).bytes).decode().rstrip("=")


def grow(connection: Connection, name: str, partitions: int) -> None:
    """Give a topic more partitions; a topic that has as many stays as it is.

    From then on some agents' events land in another partition than before.
    The store does not mind: it orders events by their time, and drops what comes twice by id.
    """
    with administration(connection) as admin:
        (topic,) = admin.describe_topics([name])
        if len(topic["partitions"]) < partitions:
            admin.create_partitions({name: partitions})
