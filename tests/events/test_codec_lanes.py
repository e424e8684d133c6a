"""The quick way through the codec and the slow one must give the same answers."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import any_wire_fields, json_values, names

from commonmode.events import MalformedEventError
from commonmode.events.codec import _decode_any, _decode_known


def slow(payload: bytes) -> object:
    try:
        return _decode_any(payload)
    except MalformedEventError:
        return None


@given(any_wire_fields)
def test_the_quick_way_takes_every_event_without_unknown_keys(fields: dict[str, Any]) -> None:
    fields.pop("schema", None)
    payload = msgspec.json.encode(fields)

    assert _decode_known(payload) == _decode_any(payload)


@given(any_wire_fields, st.dictionaries(names, json_values, max_size=2), st.data())
def test_what_the_quick_way_takes_the_slow_one_takes_alike(
    fields: dict[str, Any], strange: dict[str, Any], data: st.DataObject
) -> None:
    mangled = data.draw(st.sampled_from(sorted(fields)))
    fields |= strange | data.draw(st.just({}) | st.just({mangled: data.draw(json_values)}))
    payload = msgspec.json.encode(fields)

    quick = _decode_known(payload)

    assert quick is None or quick == slow(payload)


@given(any_wire_fields, any_wire_fields)
def test_keys_that_come_twice_are_read_alike(first: dict[str, Any], second: dict[str, Any]) -> None:
    payload = msgspec.json.encode(first)[:-1] + b"," + msgspec.json.encode(second)[1:]

    quick = _decode_known(payload)

    assert quick is None or quick == slow(payload)


@given(any_wire_fields, st.integers(0, 10_000), st.binary(min_size=1, max_size=2))
def test_broken_bytes_are_read_alike(fields: dict[str, Any], where: int, what: bytes) -> None:
    payload = msgspec.json.encode(fields)
    at = where % len(payload)
    broken = payload[:at] + what + payload[at + 1 :]

    quick = _decode_known(broken)

    assert quick is None or quick == slow(broken)
