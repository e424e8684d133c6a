"""Kafka: topics, pipe (producer), sink (consumer), watch (live), dead letters."""

from commonmode.stream.broker_probe import BrokerProbe
from commonmode.stream.connection import Connection
from commonmode.stream.errors import BrokerRefusedError, BrokerUnreachableError
from commonmode.stream.findings import FindingsPublisher, publish_findings
from commonmode.stream.pipe import Pipe, PipeSummary
from commonmode.stream.sink import Sink
from commonmode.stream.sink_status import SinkStatus
from commonmode.stream.topics import Topics, ensure

__all__ = [
    "BrokerProbe",
    "BrokerRefusedError",
    "BrokerUnreachableError",
    "Connection",
    "FindingsPublisher",
    "Pipe",
    "PipeSummary",
    "Sink",
    "SinkStatus",
    "Topics",
    "ensure",
    "publish_findings",
]
