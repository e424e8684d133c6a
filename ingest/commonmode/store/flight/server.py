"""The owner's server: read-only SQL for anyone with the token, batches from local processes."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from typing import Any, Self

import msgspec
import pyarrow as pa
from pyarrow import flight

from commonmode.store.errors import ListenError, QueryRefusedError
from commonmode.store.execution import Parameters, single_read
from commonmode.store.flight import catalog, info, messages, outgoing
from commonmode.store.flight.access import NoHandshake, TokenCheck, holder_of, own_token
from commonmode.store.flight.address import Address, announce, withdraw
from commonmode.store.flight.audit import Asked, Note, QueryLog
from commonmode.store.flight.bounds import Limits, QueryPool
from commonmode.store.flight.delay import Delay
from commonmode.store.flight.faults import faults
from commonmode.store.flight.parameters import parameter_schema
from commonmode.store.flight.prepared import Prepared, PreparedStatements, in_order, unbound
from commonmode.store.flight.protobuf import pack, unpack
from commonmode.store.flight.public import PublicAddress
from commonmode.store.flight.tokens import TokenBook
from commonmode.store.flight.wire import decode_batch, decode_query, encode_query, is_batch
from commonmode.store.layout import run_dir
from commonmode.store.writer import Writer

CREATE_PREPARED = "CreatePreparedStatement"
CLOSE_PREPARED = "ClosePreparedStatement"

LOCAL_REFUSAL = "the owner of the store asks for its token, in run/token of the data folder."
PUBLIC_REFUSAL = "the store asks for a token with a name; whoever keeps the store makes them."

CLOSED_TO_OTHERS = frozenset({"queries"})
"""Tables for whoever keeps the store."""

GRACE_SECONDS = 3.0
"""How long a server that is shut down waits for its clients to notice."""


class FlightServer:
    """Serves a writer's store over Arrow Flight SQL.

    Queries are read-only by the engine: one statement, of type SELECT or EXPLAIN, in a
    read-only transaction, with external access off and the settings locked.

    Parameters
    ----------
    writer : Writer
        The owner of the file.
    token : str, optional
        What callers must show; the one in ``run/token`` of the data folder when not given.
    host, port : str, int, optional
        Where to listen: loopback and a free port when not given.
    limits : Limits, optional
        What queries may take.
    public : PublicAddress, optional
        Where others may read as well: over TLS, with tokens that have names, and only read.
    """

    def __init__(  # noqa: PLR0913, PLR0917  each is one switch of the owner
        self,
        writer: Writer,
        token: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        public: PublicAddress | None = None,
    ) -> None:
        self._run = run_dir(writer.path)
        self._writer = writer
        self._token = token or own_token(self._run)
        self._place = (host, port)
        self._pool = QueryPool(writer, limits or Limits())
        self._public = public
        self._servers: list[_Server] = []
        self._log: QueryLog | None = None
        self.address: Address | None = None
        self.public_uri = ""

    def start(self) -> Address:
        """Listen, and write the address to ``run/flight.json``.

        Raises
        ------
        ListenError
            When the public address cannot be listened at.
        """
        if self._public is not None:
            self._servers.append(self._for_others(self._public))
        host, port = self._place
        check = TokenCheck(holder_of(self._token), LOCAL_REFUSAL)
        local = _Server(f"grpc://{host}:{port}", check, self._pool, self._writer)
        self._servers.append(local)
        self.address = Address(host, local.port, os.getpid())
        announce(self._run, self.address)
        return self.address

    def _for_others(self, public: PublicAddress) -> _Server:
        check = TokenCheck(TokenBook(self._run).name_of, PUBLIC_REFUSAL, Delay())
        where = f"grpc+tls://{public.host}:{public.port}"
        pair = public.pair()
        log = QueryLog(self._writer.cursor())
        try:
            server = _Server(where, check, self._pool, tls_certificates=[pair], note=log.note)
        except (pa.ArrowException, OSError) as error:
            log.close()
            msg = f"nobody can listen at {public.host}:{public.port}: {error}."
            raise ListenError(msg, "is another process there already?") from error
        self._log = log
        self.public_uri = f"grpc+tls://{public.host}:{server.port}"
        return server

    @property
    def uri(self) -> str:
        """Where it listens, as Flight clients write it; empty before it does."""
        return "" if self.address is None else self.address.uri

    def shutdown(self) -> None:
        """Stop listening and stop what runs; the writer stays open."""
        if self.address is None:
            return
        withdraw(self._run, self.address)
        self._pool.stop()
        while self._servers:
            _end(self._servers.pop())
        if self._log is not None:
            self._log.close()
        self.address, self._log = None, None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()


def _end(server: flight.FlightServerBase) -> None:
    # gRPC waits for calls to end, and a client that does not fetch its rows never ends its.
    ending = threading.Thread(target=server.shutdown, daemon=True)
    ending.start()
    ending.join(GRACE_SECONDS)
    if ending.is_alive():
        _leave_behind(server)


def _leave_behind(server: flight.FlightServerBase) -> None:
    # pyarrow would wait for the same clients again when the process ends, and hides its
    # finalizer, which only the registry of all of them still knows.
    for finalizer in tuple(weakref.finalize._registry):  # type: ignore[attr-defined]  # noqa: SLF001
        alive = finalizer.peek()
        if alive is not None and alive[0] is server:
            finalizer.detach()


class _Server(flight.FlightServerBase):  # type: ignore[misc]  # pyarrow has no types for Flight
    """Answers queries; takes batches as well where it is given a writer."""

    def __init__(  # noqa: PLR0913  what each server has of its own
        self,
        uri: str,
        check: TokenCheck,
        pool: QueryPool,
        writer: Writer | None = None,
        *,
        tls_certificates: list[tuple[bytes, bytes]] | None = None,
        note: Note = lambda _: None,
    ) -> None:
        self._note = note
        self._pool = pool
        self._writer = writer
        self._prepared = PreparedStatements()
        super().__init__(
            uri,
            auth_handler=NoHandshake(),
            tls_certificates=tls_certificates,
            middleware={"token": check},
        )

    def get_flight_info(self, context: Any, descriptor: Any) -> flight.FlightInfo:
        with faults():
            schema, ticket = self._planned(context, unpack(descriptor.command), descriptor.command)
        endpoint = flight.FlightEndpoint(ticket, [])
        return flight.FlightInfo(schema, descriptor, [endpoint], -1, -1)

    def get_schema(self, context: Any, descriptor: Any) -> flight.SchemaResult:
        with faults():
            schema, _ = self._planned(context, unpack(descriptor.command), descriptor.command)
        return flight.SchemaResult(schema)

    def _asked(self, context: Any, sql: str) -> Asked:
        return Asked(self._note, context.get_middleware("token").name, sql)

    def _check_tables(self, sql: str) -> None:
        if self._writer is not None:
            return
        with self._pool.cursor() as cursor:
            closed = single_read(cursor, sql).tables & CLOSED_TO_OTHERS
        if closed:
            msg = f"the table {min(closed)} is read where the store is, not from elsewhere."
            raise QueryRefusedError(msg, "ask whoever keeps the store")

    def _planned(
        self, context: Any, command: messages.Message | str, packed: bytes
    ) -> tuple[pa.Schema, bytes]:
        match command:
            case messages.CommandStatementQuery():
                handle = encode_query(command.query, None)
                ticket = pack(messages.TicketStatementQuery(statement_handle=handle))
                with self._asked(context, command.query).until_refused():
                    self._check_tables(command.query)
                    return self._schema(command.query, None), ticket
            case messages.CommandPreparedStatementQuery():
                prepared = self._prepared.get(command.prepared_statement_handle)
                return self._schema(prepared.query, unbound(prepared)), packed
            case _:
                return self._answer(command).schema, packed

    def do_get(self, context: Any, ticket: Any) -> flight.FlightDataStream:
        with faults():
            command = unpack(ticket.ticket)
            match command:
                case messages.TicketStatementQuery():
                    return self._rows(context, *decode_query(command.statement_handle))
                case messages.CommandPreparedStatementQuery():
                    prepared = self._prepared.get(command.prepared_statement_handle)
                    return self._rows(context, prepared.query, prepared.parameters)
                case _:
                    return flight.RecordBatchStream(self._answer(command))

    def _rows(self, context: Any, sql: str, parameters: Parameters) -> flight.FlightDataStream:
        asked = self._asked(context, sql)
        with asked.until_refused():
            self._check_tables(sql)
            stream = self._pool.run(sql, parameters)

        def rows() -> Iterator[pa.RecordBatch]:
            with faults(), asked.until_done():
                for batch in outgoing.batches(stream):
                    asked.rows += batch.num_rows
                    yield batch

        return flight.GeneratorStream(outgoing.portable(stream.schema), rows())

    def _answer(self, command: messages.Message | str) -> pa.Table:
        with self._pool.cursor() as cursor:
            match command:
                case messages.CommandGetCatalogs():
                    return catalog.catalogs(cursor)
                case messages.CommandGetDbSchemas():
                    return catalog.db_schemas(cursor, command)
                case messages.CommandGetTables():
                    return catalog.tables(cursor, command)
                case messages.CommandGetTableTypes():
                    return catalog.table_types()
                case messages.CommandGetSqlInfo():
                    return info.sql_info(cursor, command.info)
                case messages.Message() if type(command) in catalog.NO_KEYS:
                    return catalog.NO_KEYS[type(command)].empty_table()
        msg = f"this server does not know the command {_named(command)}."
        raise QueryRefusedError(msg, "it reads only: queries, prepared queries, and the catalog")

    def _schema(self, sql: str, parameters: Parameters) -> pa.Schema:
        with self._pool.cursor() as cursor:
            return outgoing.portable(catalog.result_schema(cursor, sql, parameters))

    def do_action(self, context: Any, action: Any) -> Iterator[flight.Result]:
        with faults():
            match unpack(action.body.to_pybytes()):
                case messages.ActionCreatePreparedStatementRequest(query=query):
                    yield flight.Result(pa.py_buffer(self._prepare(context, query)))
                case messages.ActionClosePreparedStatementRequest(prepared_statement_handle=handle):
                    self._prepared.forget(handle)
                case _:
                    msg = f"this server does not know the action {action.type!r}."
                    raise QueryRefusedError(msg, "it keeps no session and no transaction")

    def _prepare(self, context: Any, sql: str) -> bytes:
        with self._asked(context, sql).until_refused():
            self._check_tables(sql)
            with self._pool.cursor() as cursor:
                names = in_order(single_read(cursor, sql).parameters)
                expected = parameter_schema(cursor, sql, names)
        prepared = Prepared(sql, names)
        result = messages.ActionCreatePreparedStatementResult(
            prepared_statement_handle=self._prepared.add(prepared),
            dataset_schema=self._schema(sql, unbound(prepared)).serialize().to_pybytes(),
            parameter_schema=expected.serialize().to_pybytes(),
        )
        return pack(result)

    def list_actions(self, context: Any) -> list[tuple[str, str]]:
        del context
        return [
            (CREATE_PREPARED, "Prepare one SELECT or EXPLAIN."),
            (CLOSE_PREPARED, "Forget a prepared statement."),
        ]

    def do_put(self, context: Any, descriptor: Any, reader: Any, writer: Any) -> None:
        del context
        with faults():
            if is_batch(descriptor.command):
                if self._writer is None:
                    msg = "whoever reads from elsewhere cannot write."
                    raise QueryRefusedError(
                        msg, "send events to Kafka, or write where the store is"
                    )
                batch = decode_batch(descriptor.command, reader.read_all())
                appended = self._writer.append(batch)
                writer.write(pa.py_buffer(msgspec.msgpack.encode(appended)))
                return
            command = unpack(descriptor.command)
            if not isinstance(command, messages.CommandPreparedStatementQuery):
                msg = f"this server does not take {_named(command)}."
                raise QueryRefusedError(msg, "the store is read-only to SQL clients")
            self._prepared.bind(command.prepared_statement_handle, reader.read_all())


def _named(command: messages.Message | str) -> str:
    return command if isinstance(command, str) else type(command).__name__
