"""What a cluster says of itself: its clock, and how long it keeps the topics."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from commonmode.stream.connection import Connection
from commonmode.stream.topics import Topics, administration

KEEPING = ("retention.ms", "retention.bytes", "cleanup.policy")
"""Settings of a topic that decide what it forgets."""


class Skew(NamedTuple):
    """By how many seconds this machine's clock is ahead of a cluster's, and how surely."""

    seconds: float
    within: float


class Forgetting(NamedTuple):
    """A setting by which a topic drops records, and what it must be to drop none."""

    topic: str
    setting: str
    found: str
    needed: str


def measured_skew(connection: Connection, now: Callable[[], float]) -> Skew | None:
    """Compare clocks: the leader of the metadata quorum says when it answered.

    The answer came somewhere between the question and its arrival, so half of that time is how
    surely the skew is known. None when the cluster does not say: it has no KRaft quorum, or does
    not let us ask.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers.
    """
    with administration(connection) as admin, suppress(KafkaError):
        asked = now()
        quorum = admin.describe_metadata_quorum()
        answered = now()
        told = _leaders_time(quorum)
        if told is not None:
            return Skew((asked + answered) / 2 - told, (answered - asked) / 2)
    return None


def _leaders_time(quorum: dict[str, Any]) -> float | None:
    # Of the leader itself Kafka tells the present as the moment it last caught up.
    times = [
        voter["last_caught_up_timestamp"]
        for topic in quorum["topics"]
        for partition in topic["partitions"]
        for voter in partition["current_voters"]
        if voter["replica_id"] == partition["leader_id"]
    ]
    return times[0] / 1000 if times and times[0] > 0 else None


def forgetful(connection: Connection, topics: Topics) -> list[Forgetting]:
    """Return what makes topics drop records; those that are still to be made drop none.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers.
    BrokerRefusedError
        When it does not tell us the settings of its topics.
    """
    with administration(connection) as admin:
        standing = sorted({*topics.names, topics.notes}.intersection(admin.list_topics()))
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in standing]
        told = admin.describe_configs(asked, config_filter="all").get("topic", {})
    return [
        Forgetting(topic, name, told[topic][name]["value"], topics.settings(topic)[name])
        for topic in standing
        for name in KEEPING
        if told[topic][name]["value"] != topics.settings(topic)[name]
    ]
