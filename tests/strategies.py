"""Hypothesis strategies for events of every kind, as any producer might write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from commonmode.events import KINDS, Event, fields_of, kind_of
from commonmode.events.columns import FieldDoc

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
zones = st.integers(-12 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
times = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.one_of(st.just(UTC), zones),
).map(datetime.isoformat)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def values(doc: FieldDoc) -> st.SearchStrategy[Any]:
    """Values that a field takes on the wire."""
    if " | " in doc.type:
        return st.sampled_from(doc.type.split(" | "))
    if doc.is_json:
        return json_values.filter(lambda value: value is not None)
    if doc.name == "schema":
        return st.just(1)
    return {
        pa.string(): names if doc.required else texts,
        pa.int64(): st.integers(1, 2**63 - 1),
        pa.float64(): numbers,
        pa.bool_(): st.booleans(),
        pa.timestamp("us", "UTC"): times,
        pa.list_(pa.string()): st.lists(texts, max_size=3),
    }[doc.arrow]


def wire_fields(kind: type[Event]) -> st.SearchStrategy[dict[str, Any]]:
    """The decoded wire form of one kind: required fields always, the others sometimes."""
    docs = [doc for doc in fields_of(kind) if doc.name != "extra"]
    return st.fixed_dictionaries(
        {"kind": st.just(kind_of(kind))} | {d.name: values(d) for d in docs if d.required},
        optional={d.name: values(d) for d in docs if not d.required},
    )


any_wire_fields = st.sampled_from(KINDS).flatmap(wire_fields)
