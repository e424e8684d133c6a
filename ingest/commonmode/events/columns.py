"""Events ↔ Arrow: the one wide row that every kind fits in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa
from msgspec import inspect, structs

from commonmode.events.errors import Position
from commonmode.events.kinds import KINDS, kind_of
from commonmode.events.model import Event

_ARROW: Mapping[type[inspect.Type], pa.DataType] = {
    inspect.StrType: pa.string(),
    inspect.LiteralType: pa.string(),
    inspect.IntType: pa.int64(),
    inspect.FloatType: pa.float64(),
    inspect.BoolType: pa.bool_(),
    inspect.DateTimeType: pa.timestamp("us", "UTC"),
    inspect.ListType: pa.list_(pa.string()),
    inspect.AnyType: pa.string(),
    inspect.DictType: pa.string(),
}

_WORDS: Mapping[pa.DataType, str] = {
    pa.string(): "text",
    pa.int64(): "integer",
    pa.float64(): "number",
    pa.bool_(): "true or false",
    pa.timestamp("us", "UTC"): "time",
    pa.list_(pa.string()): "list of text",
}


class FieldDoc(msgspec.Struct, frozen=True):
    """One field of the wire form: its type in words, its Arrow type, what it means."""

    name: str
    type: str
    arrow: pa.DataType
    required: bool
    description: str
    is_json: bool


def _document(field: inspect.Field) -> FieldDoc:
    described, kind = "", field.type
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        if isinstance(kind, inspect.Metadata):
            described = described or (kind.extra_json_schema or {}).get("description", "")
            kind = kind.type
        else:
            kind = next(t for t in kind.types if not isinstance(t, inspect.NoneType))
    arrow = _ARROW[type(kind)]
    is_json = isinstance(kind, inspect.AnyType | inspect.DictType)
    words = " | ".join(map(str, kind.values)) if isinstance(kind, inspect.LiteralType) else ""
    return FieldDoc(
        name=field.name,
        type="json" if is_json else words or _WORDS[arrow],
        arrow=arrow,
        required=field.required,
        description=described,
        is_json=is_json,
    )


def fields_of(kind: type[Event]) -> tuple[FieldDoc, ...]:
    """Return the fields of a kind, in order, as `commonmode schema` prints them.

    Examples
    --------
    >>> [f.name for f in fields_of(KINDS[0])][:3]
    ['id', 'at', 'agent']
    """
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101  a Struct's info is a StructType
    return tuple(_document(field) for field in info.fields)


def _union_of_kinds() -> dict[str, FieldDoc]:
    kinds: list[type[Event]] = [Event, *KINDS]
    docs = {doc.name: doc for kind in kinds for doc in fields_of(kind)}
    extra = docs.pop("extra")
    return {**docs, "extra": extra}


FIELDS: Mapping[str, FieldDoc] = _union_of_kinds()
"""Every field of every kind, in column order."""

POSITION_FIELDS = (
    pa.field("topic", pa.string()),
    pa.field("partition", pa.int32()),
    pa.field("offset", pa.int64()),
)

EVENT_SCHEMA: pa.Schema = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("kind", pa.string()),
        *(pa.field(doc.name, doc.arrow) for doc in FIELDS.values() if doc.name != "id"),
        *POSITION_FIELDS,
    ]
)
"""The wide row: every field of every kind, then where the event stood in the log."""


def _cell(value: Any, *, is_json: bool) -> Any:
    if is_json and value is not None:
        return msgspec.json.encode(value).decode()
    return value


def to_table(events: Sequence[Event], positions: Iterable[Position] | None = None) -> pa.Table:
    """Lay events out as Arrow columns.

    Parameters
    ----------
    events : sequence of Event
        Events of any kinds.
    positions : iterable of Position, optional
        Where each stood; unknown positions are NULL.

    Returns
    -------
    pyarrow.Table
        One row per event, of schema `EVENT_SCHEMA`.

    Examples
    --------
    >>> from commonmode.events.codec import decode
    >>> one = decode('{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}')
    >>> to_table([one]).select(["id", "kind", "agent"]).to_pylist()
    [{'id': '1', 'kind': 'task_ended', 'agent': 'a'}]
    """
    columns = _field_columns(events)
    columns["kind"] = [kind_of(event) for event in events]
    count = len(events)
    arrays = (
        pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(count, f.type)
        for f in EVENT_SCHEMA
    )
    table = pa.table(list(arrays), schema=EVENT_SCHEMA)
    if positions is None:
        return table
    places = list(positions)
    return with_positions(
        table,
        [place.source for place in places],
        [place.partition for place in places],
        [place.offset for place in places],
    )


def with_positions(
    table: pa.Table, topics: list[str], partitions: list[int | None] | list[int], offsets: list[int]
) -> pa.Table:
    """Return rows of `EVENT_SCHEMA` with where each stood."""
    for field, cells in zip(POSITION_FIELDS, (topics, partitions, offsets), strict=True):
        number = EVENT_SCHEMA.get_field_index(field.name)
        table = table.set_column(number, field, pa.array(cells, field.type))
    return table


def _field_columns(events: Sequence[Event]) -> dict[str, list[Any]]:
    """Turn events into the columns that any of them fills; whole kinds at a time, for speed."""
    by_kind: dict[type[Event], list[int]] = defaultdict(list)
    for row, event in enumerate(events):
        by_kind[type(event)].append(row)
    columns: dict[str, list[Any]] = {}
    for kind, rows in by_kind.items():
        filled = zip(*(structs.astuple(events[row]) for row in rows), strict=True)
        for name, cells in zip(kind.__struct_fields__, filled, strict=True):
            if cells.count(None) == len(cells):
                continue
            is_json = FIELDS[name].is_json
            column = columns.setdefault(name, [None] * len(events))
            for row, cell in zip(rows, cells, strict=True):
                column[row] = _cell(cell, is_json=is_json) if is_json else cell
    return columns


def to_events(table: pa.Table) -> list[Event]:
    """Read events back from their columns; the inverse of `to_table`, positions aside."""
    from commonmode.events.codec import from_fields  # noqa: PLC0415  codec sits beside, not below

    json_columns = [doc.name for doc in FIELDS.values() if doc.is_json]
    events = []
    for row in table.drop_columns([f.name for f in POSITION_FIELDS]).to_pylist():
        fields = {key: value for key, value in row.items() if value is not None}
        for name in json_columns:
            if name in fields:
                fields[name] = msgspec.json.decode(fields[name])
        events.append(from_fields({k: _wire(v) for k, v in fields.items()}))
    return events


def _wire(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
