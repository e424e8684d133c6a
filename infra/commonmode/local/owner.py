"""The one process that owns the DuckDB file: it stores what arrives and answers queries."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from commonmode.events import Redaction
from commonmode.local import memory
from commonmode.local.pulse import EVERY_SECONDS, beat
from commonmode.store import FlightServer, Limits, PublicAddress, Writer, own
from commonmode.store.lag import Lag, LagJournal
from commonmode.stream import BrokerUnreachableError, Connection, Sink, Topics, ensure

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0
_TURN_SECONDS = 0.0005
"""How long a thread that computes in Python keeps others waiting. Python's own 5 ms are too long: a
batch takes Python's lock some forty times, a query thirty, and records are decoded meanwhile."""


class Owner:
    """Composes the writer of a store, the server of its queries and the sink of a log.

    Parameters
    ----------
    data_dir
        The data folder.
    flight_port
        Port on loopback for queries; 0 takes a free one.
    bootstrap
        The cluster to store from; None stores only what other processes send over Flight.
    topic
        Topic of events.
    client_properties
        TLS and SASL for the cluster.
    redaction
        Takes texts and secrets out of what the cluster holds before it is stored.
    most_memory
        Bytes this process may take; None takes a share of the machine's.
    limits
        What queries may take.
    public
        Where others may read as well, over TLS and with tokens that have names.
    """

    def __init__(  # noqa: PLR0913, PLR0917  each is one switch of `owner`
        self,
        data_dir: Path,
        flight_port: int = 0,
        bootstrap: str | None = None,
        topic: str = "commonmode.events",
        client_properties: Mapping[str, str] | None = None,
        redaction: Redaction | None = None,
        most_memory: int | None = None,
        limits: Limits | None = None,
        public: PublicAddress | None = None,
    ) -> None:
        self._data_dir = data_dir
        self._most_memory = most_memory or memory.owner_share(memory.of_machine())
        self._lag = LagJournal(data_dir)
        self._limits = limits
        self._public = public
        self._flight_port = flight_port
        self._topics = Topics.named(topic)
        self._redaction = redaction
        self._connection = (
            Connection(bootstrap, dict(client_properties or {})) if bootstrap else None
        )
        self._defect: BaseException | None = None
        self._told_unwritten = False

    def run(self, stop: threading.Event) -> None:
        """Own the store until `stop` is set; what was read from the log by then is stored.

        Raises
        ------
        StoreUnreachableError
            When another process owns the store.
        StoreError
            When the store can take no more, a full disk say.
        """
        sys.setswitchinterval(_TURN_SECONDS)
        with (
            memory.Bound(self._most_memory),
            own(self._data_dir, memory.duckdb_share(self._most_memory)) as writer,
            FlightServer(
                writer, port=self._flight_port, limits=self._limits, public=self._public
            ) as server,
        ):
            logger.info("the store of %s is served: %s", self._data_dir, server.address)
            if server.public_uri:
                logger.info("others read it at %s", server.public_uri)
            if self._connection is None:
                while not stop.wait(EVERY_SECONDS) and writer.defect is None:
                    beat()
            else:
                self._store_from(self._connection, writer, stop)
            if writer.defect is not None:
                # Opened anew, by whoever starts this process again, the file may be well.
                raise writer.defect

    def _store_from(self, connection: Connection, writer: Writer, stop: threading.Event) -> None:
        if not self._wait_for_topics(connection, stop):
            return
        sink = Sink(
            writer,
            connection.bootstrap,
            self._topics,
            client_properties=connection.properties,
            redaction=self._redaction,
        )
        thread = threading.Thread(target=self._run, args=(sink, stop), name="sink")
        thread.start()
        while not stop.wait(EVERY_SECONDS) and writer.defect is None:
            self._tell(sink.status.behind())
        stop.set()
        thread.join()
        if self._defect is not None:
            raise self._defect

    def _tell(self, behind: dict[str, dict[int, int]] | None) -> None:
        beat()
        try:
            self._lag.note(Lag(time.time(), behind))
            self._told_unwritten = False
        except OSError as error:
            if not self._told_unwritten:
                logger.warning("how far the store is behind cannot be written: %s", error)
            self._told_unwritten = True

    def _run(self, sink: Sink, stop: threading.Event) -> None:
        try:
            sink.run(stop)
        except BaseException as defect:  # noqa: BLE001 - raised again where the process ends
            self._defect = defect
        finally:
            stop.set()

    def _wait_for_topics(self, connection: Connection, stop: threading.Event) -> bool:
        """Make the topics that are missing; a broker that is away is waited for."""
        while not stop.is_set():
            try:
                ensure(connection, self._topics)
            except BrokerUnreachableError as error:
                logger.warning("%s", error)
                self._tell(None)
                stop.wait(_RETRY_SECONDS)
            else:
                return True
        return False
