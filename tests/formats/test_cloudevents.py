"""CloudEvents carry the same events: binary, structured, and from other producers."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from hypothesis import given
from tests.strategies import any_wire_fields

from commonmode.events import ActionTaken, MalformedEventError, decode
from commonmode.formats.cloudevents import from_kafka, from_structured, is_cloudevent, to_kafka

STRUCTURED = {
    "specversion": "1.0",
    "id": "e1",
    "type": "commonmode.action_taken",
    "source": "agents/a7",
    "time": "2026-01-01T00:00:00Z",
    "subject": "repo/x",
    "authid": "alice",
    "causationid": "e0",
    "recordedtime": "2026-01-01T00:00:05Z",
    "datacontenttype": "application/json",
    "data": {"action": "read"},
}


@given(any_wire_fields)
def test_an_event_survives_binary_mode(fields: dict[str, Any]) -> None:
    event = decode(msgspec.json.encode(fields))
    headers, value = to_kafka(event)

    assert is_cloudevent(headers)
    assert from_kafka(headers, value) == event


def test_what_we_write_is_a_cloudevent_to_the_sdk() -> None:
    headers, value = to_kafka(from_structured(json.dumps(STRUCTURED).encode()))
    cloud = from_binary_event(KafkaMessage(headers=headers, key=None, value=value))

    assert (cloud.get_type(), cloud.get_source()) == ("commonmode.action_taken", "agents/a7")


def test_attributes_fill_what_the_data_leaves_out() -> None:
    event = from_structured(json.dumps(STRUCTURED).encode())

    assert isinstance(event, ActionTaken)
    assert (event.id, event.agent, event.resource) == ("e1", "agents/a7", "repo/x")
    assert (event.principal, event.parent, event.action) == ("alice", "e0", "read")
    assert event.recorded_at is not None
    assert event.recorded_at.second == 5


def test_the_data_wins_over_the_attributes() -> None:
    data = {"agent": "a8", "resource": "repo/y"}
    event = from_structured(json.dumps({**STRUCTURED, "data": data}).encode())

    assert isinstance(event, ActionTaken)
    assert (event.agent, event.resource) == ("a8", "repo/y")


def test_structured_mode_on_kafka_is_read_by_its_content_type() -> None:
    headers = {"content-type": b"application/cloudevents+json; charset=utf-8"}

    assert from_kafka(headers, json.dumps(STRUCTURED).encode()).id == "e1"


@pytest.mark.parametrize(
    ("headers", "value", "words"),
    [
        ({"ce_id": b"1"}, b"{}", "CloudEvent"),
        ({"ce_specversion": b"1.0", "ce_id": b"\xff", "ce_type": b"x"}, b"{}", "CloudEvent"),
        ({"content-type": b"application/cloudevents+json"}, b"{", "CloudEvent"),
        (
            {"ce_specversion": b"1.0", "ce_id": b"1", "ce_type": b"other.kind", "ce_source": b"a"},
            b'{"at": "2026-01-01T00:00:00Z"}',
            "known kinds",
        ),
    ],
)
def test_broken_cloudevents_say_what_was_needed(
    headers: dict[str, bytes], value: bytes, words: str
) -> None:
    headers = {"content-type": b"application/json", **headers}
    with pytest.raises(MalformedEventError, match=words):
        from_kafka(headers, value)
