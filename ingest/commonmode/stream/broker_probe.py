"""Whether a broker answers: a frozen one still accepts connections."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from commonmode.stream.connection import Connection


class BrokerProbe:
    """Asks one cluster again and again, over a connection that it keeps.

    Parameters
    ----------
    connection : Connection
        The cluster.
    """

    def __init__(self, connection: Connection) -> None:
        self._admin = AdminClient(connection.for_librdkafka())

    def answers(self, seconds: float) -> bool:
        """Ask for the cluster's metadata and tell whether they came within `seconds`."""
        try:
            self._admin.list_topics(timeout=seconds)
        except KafkaException:
            return False
        return True
