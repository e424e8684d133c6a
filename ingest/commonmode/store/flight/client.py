"""Talking to the process that owns the store."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

import msgspec
import pyarrow as pa
from pyarrow import flight

from commonmode.store.batch import OFFSETS, Appended, Batch, Offset
from commonmode.store.errors import StoreUnreachableError
from commonmode.store.execution import Parameters
from commonmode.store.flight.address import Address
from commonmode.store.flight.faults import from_flight
from commonmode.store.flight.messages import TicketStatementQuery
from commonmode.store.flight.protobuf import pack
from commonmode.store.flight.wire import encode_batch, encode_query
from commonmode.store.reader import Reader
from commonmode.store.sandbox import check_text

_FAULTS = (flight.FlightError, pa.ArrowException, OSError)


class _Connection:
    """One connection to an owner, with its token."""

    def __init__(self, address: Address | str, token: str, ca: bytes | None = None) -> None:
        uri = address if isinstance(address, str) else address.uri
        self.where = uri.partition("://")[2]
        self.options = flight.FlightCallOptions(
            headers=[(b"authorization", f"Bearer {token}".encode())]
        )
        self.client = flight.connect(uri, tls_root_certs=ca)


class FlightReader(Reader):
    """Asks the owner of a store.

    Parameters
    ----------
    address : Address or str
        Where it listens; from elsewhere ``grpc+tls://host:port``.
    token : str
        What it asks for.
    ca : bytes, optional
        Certificates (PEM) of the authority to trust; those of this machine when not given.
    """

    def __init__(self, address: Address | str, token: str, ca: bytes | None = None) -> None:
        self._to = _Connection(address, token, ca)

    def batches(self, sql: str, parameters: Parameters = None) -> pa.RecordBatchReader:
        """See `Reader.batches`."""
        check_text(sql)
        handle = encode_query(sql, parameters)
        ticket = pack(TicketStatementQuery(statement_handle=handle))
        try:
            stream = self._to.client.do_get(flight.Ticket(ticket), self._to.options)
            return pa.RecordBatchReader.from_batches(stream.schema, self._rows(stream))
        except _FAULTS as error:
            raise from_flight(error, self._to.where) from error

    def _rows(self, stream: flight.FlightStreamReader) -> Iterator[pa.RecordBatch]:
        try:
            for chunk in stream:
                yield chunk.data
        except _FAULTS as error:
            raise from_flight(error, self._to.where) from error
        finally:
            # The owner stops a query as soon as nobody wants its rows.
            stream.cancel()

    def close(self) -> None:
        """Hang up."""
        self._to.client.close()


class FlightAppender:
    """Has the owner of a store append batches, each in one transaction there.

    Parameters
    ----------
    address : Address or str
        Where it listens.
    token : str
        What it asks for.
    ca : bytes, optional
        Certificates (PEM) of the authority to trust; those of this machine when not given.
    """

    def __init__(self, address: Address | str, token: str, ca: bytes | None = None) -> None:
        self._to = _Connection(address, token, ca)
        self._reader = FlightReader(address, token, ca)

    def append(self, batch: Batch) -> Appended:
        """Store a batch in one transaction.

        When the owner goes away in between it is not known whether the batch was stored;
        appending it again is safe, because what was stored is dropped by id.

        Raises
        ------
        BatchRefusedError
            When the rows do not fit the store; nothing of the batch is stored then.
        StoreUnreachableError
            When the owner does not answer.
        """
        descriptor = flight.FlightDescriptor.for_command(encode_batch(batch))
        try:
            writer, answers = self._to.client.do_put(
                descriptor, batch.events.schema, self._to.options
            )
            with writer:
                writer.write_table(batch.events)
                writer.done_writing()
                answer = answers.read()
        except _FAULTS as error:
            raise from_flight(error, self._to.where) from error
        if answer is None:
            msg = f"the owner of the store at {self._to.where} hung up without an answer."
            raise StoreUnreachableError(msg)
        return msgspec.msgpack.decode(answer.to_pybytes(), type=Appended)

    def offsets(self) -> list[Offset]:
        """Return how far each partition of the log is stored: where a sink goes on."""
        return [Offset(**row) for row in self._reader.query(OFFSETS).to_dicts()]

    def close(self) -> None:
        """Hang up."""
        self._to.client.close()
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
