"""Events and Arrow rows hold the same facts."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import any_wire_fields

from commonmode.events import (
    EVENT_SCHEMA,
    FIELDS,
    KINDS,
    Event,
    Position,
    decode,
    fields_of,
    kind_of,
    to_events,
    to_table,
)


@given(st.lists(any_wire_fields, max_size=8))
def test_rows_give_the_events_back(many: list[dict[str, Any]]) -> None:
    events = [decode(msgspec.json.encode(fields)) for fields in many]

    assert to_events(to_table(events)) == events


def test_no_events_are_an_empty_table_of_the_same_schema() -> None:
    assert to_table([]).schema == EVENT_SCHEMA


def test_a_row_knows_where_it_stood() -> None:
    event = decode('{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}')
    row = to_table([event], [Position("commonmode.events", 3, 17)]).to_pylist()[0]

    assert (row["topic"], row["partition"], row["offset"]) == ("commonmode.events", 3, 17)


def test_extra_stands_last_of_the_fields() -> None:
    assert list(FIELDS)[-1] == "extra"


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_every_field_says_what_it_means(kind: type[Event]) -> None:
    assert [doc.name for doc in fields_of(kind) if not doc.description] == []


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_a_field_has_one_type_in_every_kind(kind: type[Event]) -> None:
    arrow: dict[str, pa.DataType] = {doc.name: doc.arrow for doc in fields_of(kind)}

    assert arrow == {name: EVENT_SCHEMA.field(name).type for name in arrow}
