"""How batches and queries travel between our own processes."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
from msgspec import Struct

from commonmode.events import Rejected
from commonmode.store.batch import Batch, JudgedWindow, Offset, Progress
from commonmode.store.errors import QueryError
from commonmode.store.execution import Parameters

_MARK = b"commonmode.batch.2\n"


class _BesideEvents(Struct, frozen=True):
    rejected: list[Rejected]
    offsets: list[Offset]
    progress: list[Progress]
    retried: list[int]
    judged: list[JudgedWindow]


class _Query(Struct, frozen=True):
    sql: str
    parameters: dict[str, Any] | list[Any] | None


_beside_events = msgspec.msgpack.Decoder(_BesideEvents)
_query = msgspec.msgpack.Decoder(_Query)


def encode_batch(batch: Batch) -> bytes:
    """Pack all of a batch but its events, which travel as Arrow."""
    beside = _BesideEvents(
        list(batch.rejected),
        list(batch.offsets),
        list(batch.progress),
        list(batch.retried),
        list(batch.judged),
    )
    return _MARK + msgspec.msgpack.encode(beside)


def is_batch(command: bytes) -> bool:
    """Say whether a command is one of ours."""
    return command.startswith(_MARK)


def decode_batch(command: bytes, events: pa.Table) -> Batch:
    """Unpack a batch; the inverse of `encode_batch`."""
    beside = _beside_events.decode(command[len(_MARK) :])
    return Batch(
        events,
        beside.rejected,
        beside.offsets,
        beside.progress,
        beside.retried,
        beside.judged,
    )


def encode_query(sql: str, parameters: Parameters) -> bytes:
    """Pack a query with its parameters into a ticket, so that the server keeps no state."""
    return msgspec.msgpack.encode({"sql": sql, "parameters": parameters})


def decode_query(handle: bytes) -> tuple[str, Parameters]:
    """Unpack a query; the inverse of `encode_query`.

    Raises
    ------
    QueryError
        When the ticket is not of this server.
    """
    try:
        query = _query.decode(handle)
    except msgspec.MsgspecError as error:
        msg = f"the ticket cannot be read: {error}."
        raise QueryError(msg, "ask for the query anew") from error
    return query.sql, query.parameters
