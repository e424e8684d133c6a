"""Flight SQL messages ↔ bytes, through Google's protobuf library."""

from __future__ import annotations

from typing import Any as AnyValue

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError
from msgspec import inspect

from commonmode.store.flight.messages import MESSAGES, Message

_URL = "type.googleapis.com/arrow.flight.protocol.sql."
_PACKAGE = "commonmode"
_Field = descriptor_pb2.FieldDescriptorProto

_TYPES = {
    inspect.StrType: _Field.TYPE_STRING,
    inspect.BytesType: _Field.TYPE_BYTES,
    inspect.BoolType: _Field.TYPE_BOOL,
    inspect.IntType: _Field.TYPE_UINT32,
}


def _describe(kind: type[Message]) -> descriptor_pb2.DescriptorProto:
    described = descriptor_pb2.DescriptorProto(name=kind.__name__)
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101  a Struct's info is a StructType
    for number, field in enumerate(info.fields, start=1):
        inner, label = field.type, _Field.LABEL_OPTIONAL
        if isinstance(inner, inspect.ListType):
            inner, label = inner.item_type, _Field.LABEL_REPEATED
        elif isinstance(inner, inspect.UnionType):
            inner = next(each for each in inner.types if not isinstance(each, inspect.NoneType))
        described.field.add(name=field.name, number=number, type=_TYPES[type(inner)], label=label)
    return described


def _factories() -> dict[str, AnyValue]:
    # A pool of our own: the process's may hold somebody else's copy of the protocol.
    # The older syntax tells an absent field from an empty one; the bytes are the same.
    file = descriptor_pb2.FileDescriptorProto(
        name="flight_sql.proto", package=_PACKAGE, syntax="proto2"
    )
    file.message_type.extend(map(_describe, MESSAGES))
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        kind.__name__: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"{_PACKAGE}.{kind.__name__}")
        )
        for kind in MESSAGES
    }


_FACTORIES = _factories()
_KINDS = {kind.__name__: kind for kind in MESSAGES}


def pack(message: Message) -> bytes:
    """Return a message's bytes, with the name that Flight SQL has for it."""
    name = type(message).__name__
    said = {key: value for key, value in msgspec.structs.asdict(message).items() if value}
    value = _FACTORIES[name](**said).SerializeToString()
    packed: bytes = Any(type_url=_URL + name, value=value).SerializeToString()
    return packed


def unpack(data: bytes) -> Message | str:
    """Read a message; where it is none that is understood here, return what it calls itself.

    Examples
    --------
    >>> from commonmode.store.flight.messages import CommandStatementQuery
    >>> unpack(pack(CommandStatementQuery(query="SELECT 1")))
    CommandStatementQuery(query='SELECT 1', transaction_id=None)
    >>> unpack(b"what?")
    'no protobuf message'
    """
    wrapped = Any()
    try:
        wrapped.ParseFromString(data)
        name = wrapped.type_url.removeprefix(_URL)
        if name not in _KINDS:
            return wrapped.type_url or "a message without a name"
        parsed = _FACTORIES[name].FromString(wrapped.value)
    except DecodeError:
        return "no protobuf message"
    said = {field.name: value for field, value in parsed.ListFields()}
    return msgspec.convert(
        {
            key: value if isinstance(value, str | bytes | bool) else list(value)
            for key, value in said.items()
        },
        _KINDS[name],
    )
