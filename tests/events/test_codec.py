"""The wire form is read strictly, kept whole, and written back the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.strategies import any_wire_fields, json_values, texts

from commonmode.events import KINDS, Event, MalformedEventError, decode, encode, kind_of

BASE = {"id": "1", "kind": "action_taken", "at": "2026-01-01T00:00:00Z", "agent": "a"}


def wire(**changes: Any) -> bytes:
    return msgspec.json.encode({**BASE, **changes})


@given(any_wire_fields)
def test_every_event_survives_the_way_out_and_back(fields: dict[str, Any]) -> None:
    event = decode(msgspec.json.encode(fields))

    assert decode(encode(event)) == event


@given(texts.filter(lambda key: key not in ("extra", "schema")), json_values)
def test_a_key_nobody_knows_is_kept(key: str, value: Any) -> None:
    event = decode(wire(**{"x-" + key: value}))

    assert event.extra == {"x-" + key: value}
    assert msgspec.json.decode(encode(event))["x-" + key] == value


def test_a_field_of_another_kind_is_kept_as_an_extra_key() -> None:
    assert decode(wire(winner="b")).extra == {"winner": "b"}


def test_times_are_held_in_utc_whatever_their_offset() -> None:
    assert decode(wire(at="2026-01-01T10:00:00+10:00")) == decode(wire(at="2026-01-01T00:00:00Z"))


def test_what_is_absent_stays_absent() -> None:
    assert msgspec.json.decode(encode(decode(wire()))) == BASE


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "JSON object"),
        (b"\xff\xfe", "JSON object"),
        (b"[1, 2]", "`object`"),
        (b"{" * 100_000, "JSON object"),
        (b'{"a":' * 100_000, "recursion"),
        (wire(kind="action_done"), "'action_done'"),
        (wire(kind=7), "`kind`"),
        (wire(at="2026-01-01T00:00:00"), "timezone"),
        (wire(at="0001-01-01T00:00:00+10:00"), "out of range"),
        (wire(at=1700000000), "$.at"),
        (wire(agent=""), "$.agent"),
        (wire(price="3"), "$.price"),
        (wire(outcome="fine"), "$.outcome"),
        (wire(options=2**70), "$.options"),
        (wire(schema=99), "newer"),
        (wire(schema="1"), "positive integer"),
        (b'{"price": 1e999}', "out of range"),
        (b'{"id": "\\ud800"}', "truncated"),
    ],
)
def test_a_record_that_is_no_event_says_what_was_needed(payload: bytes, words: str) -> None:
    with pytest.raises(MalformedEventError) as caught:
        decode(payload)

    assert words in str(caught.value)


@pytest.mark.parametrize("missing", ["id", "kind", "at", "agent"])
def test_the_four_required_fields_are_required(missing: str) -> None:
    fields = {key: value for key, value in BASE.items() if key != missing}

    with pytest.raises(MalformedEventError, match=missing):
        decode(msgspec.json.encode(fields))


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_every_kind_is_documented_in_one_line(kind: type[Event]) -> None:
    assert kind.__doc__
    assert len(kind.__doc__.strip().splitlines()[0]) <= 90
