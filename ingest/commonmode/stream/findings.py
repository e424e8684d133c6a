"""Findings on Kafka: CloudEvents in one partition, in the order of their life cycle."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from commonmode.events import Event, FindingRaised, FindingRevised
from commonmode.formats.cloudevents import to_kafka
from commonmode.stream.connection import Connection
from commonmode.stream.errors import BrokerRefusedError
from commonmode.stream.outbox import Outbox, Record
from commonmode.stream.topics import Topics, ensure

FindingEvent = FindingRaised | FindingRevised


def finding_record(event: Event, topic: str) -> Record:
    """Return the record of a finding: binary CloudEvent, keyed by the finding's id."""
    headers, value = to_kafka(event)
    finding: Any = getattr(event, "finding", None)
    key = finding.get("finding_id", event.id) if isinstance(finding, dict) else event.id
    return Record(topic, str(key).encode(), value, headers)


class FindingsPublisher:
    """Publishes findings; keep one open where they come again and again.

    Ids of revisions are deterministic, so publishing one twice is harmless:
    whoever stores them drops the second.

    Parameters
    ----------
    bootstrap : str
        The cluster.
    topics : Topics
        Their topic is `topics.findings`.
    client_properties : dict of str to str, optional
        TLS and SASL.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers, now or while publishing.
    """

    def __init__(
        self,
        bootstrap: str,
        topics: Topics | None = None,
        *,
        client_properties: dict[str, str] | None = None,
    ) -> None:
        connection = Connection(bootstrap, client_properties or {})
        topics = topics or Topics()
        ensure(connection, topics)
        self._bootstrap = bootstrap
        self._topic = topics.findings
        self._outbox = Outbox(connection, self._refused)

    def publish(self, events: Iterable[Event]) -> int:
        """Publish findings in this order; return once the broker has them, with their number."""
        count = 0
        for event in events:
            self._outbox.post(finding_record(event, self._topic))
            count += 1
        self._outbox.flush()
        return count

    def _refused(self, record: Record, reason: str) -> None:
        msg = f"finding {record.key.decode()}: {reason}"
        raise BrokerRefusedError(self._bootstrap, msg)

    def close(self) -> None:
        """Let go of the cluster."""
        self._outbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def publish_findings(
    bootstrap: str,
    events: Iterable[Event],
    topics: Topics | None = None,
    *,
    client_properties: dict[str, str] | None = None,
) -> int:
    """Publish findings once; see `FindingsPublisher`."""
    with FindingsPublisher(bootstrap, topics, client_properties=client_properties) as publisher:
        return publisher.publish(events)
