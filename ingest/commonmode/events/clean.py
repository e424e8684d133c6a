"""The quick lane: payloads that are proved clean → columns, with no event in between."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from operator import attrgetter
from typing import Annotated, Any, Union

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import structs
from numpy.typing import NDArray

from commonmode.events.columns import EVENT_SCHEMA, FIELDS
from commonmode.events.kinds import KINDS, kind_of
from commonmode.events.model import SCHEMA_VERSION, Event

Numbers = NDArray[np.int64]
"""Numbers of rows, counted from 0."""

_NAMES = ("kind", *(name for name in FIELDS if name != "extra"))
_TIME = EVENT_SCHEMA.field("at").type
_FIRST, _LAST = (
    (time.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    for time in (datetime.min, datetime.max)  # noqa: DTZ901  UTC comes in the line above
)
"""Microseconds of the first and the last instant that have a date in UTC.

Not by Arrow: the first value that it takes from Python imports all of pandas.
"""

_AT_ONCE = 1000
"""Payloads read together: few enough that what is made of them stays in a processor's cache."""

_SHALLOW = 256
"""Brackets in a payload up to which no lane can run out of stack, wherever it is called from."""

_SURELY_SHALLOW = 2 * _SHALLOW
"""Bytes in which there cannot be more: half of the brackets close."""

_NO_TIMES = (None, None, None)

_encode = msgspec.json.Encoder().encode
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, OverflowError)


def _clean_form(kind: type[Event]) -> type[msgspec.Struct]:
    """Return a form of a kind that takes its own fields in today's version, and nothing else.

    It answers for the columns that its kind does not have too: they are None.
    """
    own = {field.name: field for field in structs.fields(kind) if field.name != "extra"}
    namespace: dict[str, Any] = dict.fromkeys(set(_NAMES) - own.keys()) | {"kind": kind_of(kind)}
    return msgspec.defstruct(
        f"Clean{kind.__name__}",
        [_clean_field(field) for field in own.values()],
        namespace=namespace,
        tag_field="kind",
        tag=kind_of(kind),
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )


def _clean_field(field: structs.FieldInfo) -> Any:
    if field.name == "schema":
        today = Annotated[int, msgspec.Meta(ge=SCHEMA_VERSION, le=SCHEMA_VERSION)]
        # Absent means version 1, whichever today's is.
        return (field.name, today, 1) if SCHEMA_VERSION == 1 else (field.name, today)
    return (field.name, field.type) if field.required else (field.name, field.type, None)


_FORMS: Mapping[str, type[msgspec.Struct]] = {kind_of(kind): _clean_form(kind) for kind in KINDS}
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[tuple(_FORMS.values())])  # noqa: UP007  the members are only known here


def read_clean(payloads: Sequence[bytes | None]) -> tuple[pa.Table, Numbers]:
    """Read those payloads that are events beyond doubt, a whole column at a time.

    Clean is an event of a known kind in today's version that has this kind's fields and no
    others. Of any other payload nothing is said: `decode` must tell.

    Parameters
    ----------
    payloads : sequence of bytes
        Wire forms; None is never clean.

    Returns
    -------
    pyarrow.Table
        Rows of schema `EVENT_SCHEMA`, positions unknown.
    ndarray of int
        Which payload each row is, ascending.

    Examples
    --------
    >>> clean = b'{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}'
    >>> table, numbers = read_clean([b"{", clean])
    >>> table["id"].to_pylist(), numbers.tolist()
    (['1'], [1])
    """
    tables, numbers = [EVENT_SCHEMA.empty_table()], [np.empty(0, np.int64)]
    with _collector_paused():
        for start in range(0, len(payloads), _AT_ONCE):
            table, some = _read_some(payloads[start : start + _AT_ONCE])
            tables.append(table)
            numbers.append(some + start)
    return pa.concat_tables(tables).combine_chunks(), np.concatenate(numbers)


def clean_agents(payloads: Sequence[bytes]) -> list[bytes | None]:
    """Say of each payload whose event it is, where `read_clean` would take it; None elsewhere.

    Whoever only hands events on needs no more: what is clean may go as it came.

    Examples
    --------
    >>> clean = b'{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}'
    >>> clean_agents([b"{", clean])
    [None, b'a']
    """
    with _collector_paused():
        return list(map(_agent, payloads))


def _agent(payload: bytes) -> bytes | None:
    if len(payload) > _SURELY_SHALLOW and _may_be_deep(payload):
        return None
    try:
        form = _decoder.decode(payload)
        return form.agent.encode() if _is_dated(form) else None
    except _UNREADABLE:
        return None


def _is_dated(form: Any) -> bool:
    """Tell whether its times have dates in UTC: between these years no offset leads out of them."""
    others = (form.recorded_at, form.valid_from, form.valid_until)
    return MINYEAR < form.at.year < MAXYEAR and (
        others == _NO_TIMES or all(time is None or MINYEAR < time.year < MAXYEAR for time in others)
    )


def _read_some(payloads: Sequence[bytes | None]) -> tuple[pa.Table, Numbers]:
    forms, numbers = _decode_each(payloads)
    if not forms:
        return EVENT_SCHEMA.empty_table(), numbers
    columns = {field.name: _array(field, cells) for field, cells in _columns(forms)}
    arrays = [columns.get(f.name) or pa.nulls(len(forms), f.type) for f in EVENT_SCHEMA]
    table = pa.table(arrays, schema=EVENT_SCHEMA)
    dated = _all_dated(columns)
    return (table, numbers) if dated.all() else (table.filter(pa.array(dated)), numbers[dated])


@contextmanager
def _collector_paused() -> Iterator[None]:
    # What is made here has no cycles; looking for some took half of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _decode_each(payloads: Sequence[bytes | None]) -> tuple[list[Any], Numbers]:
    decode = _decoder.decode
    forms, numbers = [], []
    for number, payload in enumerate(payloads):
        if payload is None or (len(payload) > _SURELY_SHALLOW and _may_be_deep(payload)):
            continue
        try:
            forms.append(decode(payload))
        except _UNREADABLE:
            continue
        numbers.append(number)
    return forms, np.array(numbers, np.int64)


def _may_be_deep(payload: bytes) -> bool:
    return payload.count(b"[") + payload.count(b"{") > _SHALLOW


def _columns(forms: Sequence[Any]) -> Iterator[tuple[pa.Field, Sequence[Any]]]:
    """Turn forms into the columns that any of them fills."""
    kinds: set[type[msgspec.Struct]] = set(map(type, forms))
    present = {name for kind in kinds for name in kind.__struct_fields__}
    names = [name for name in _NAMES if name == "kind" or name in present]
    for name in names:
        cells = list(map(attrgetter(name), forms))
        if cells.count(None) < len(cells):
            yield EVENT_SCHEMA.field(name), cells


def _array(field: pa.Field, cells: Sequence[Any]) -> pa.Array:
    if field.name in FIELDS and FIELDS[field.name].is_json:
        cells = [None if cell is None else _encode(cell) for cell in cells]
    return pa.array(cells, field.type)


def _all_dated(columns: Mapping[str, pa.Array]) -> NDArray[np.bool_]:
    """Say of each row whether its times have dates in UTC: an offset can lead out of them."""
    dated = np.ones(len(columns["kind"]), np.bool_)
    for column in columns.values():
        if column.type == _TIME:
            instants = column.cast(pa.int64()).fill_null(0).to_numpy()
            dated &= (instants >= _FIRST) & (instants <= _LAST)
    return dated
