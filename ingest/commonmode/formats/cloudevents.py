"""CloudEvents 1.0: binary and structured on Kafka, and NDJSON of structured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import kafka
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from commonmode.events import (
    FIELDS,
    Event,
    MalformedEventError,
    from_fields,
    kind_of,
    to_fields,
)
from commonmode.formats.base import Format, Reader, ReadOptions

TYPE_PREFIX = "commonmode."

_FROM_ATTRIBUTE = {
    "id": "id",
    "source": "agent",
    "time": "at",
    "subject": "resource",
    "authid": "principal",
    "causationid": "parent",
    "correlationid": "run",
    "recordedtime": "recorded_at",
    "traceparent": "trace",
}
"""CloudEvents attribute → the field it fills where the data leaves it out."""

_JSON = JSONFormat()
_UNREADABLE = (
    BaseCloudEventException,
    AttributeError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the SDK lets escape on a payload that is no CloudEvent."""


class CloudEvents(Format):
    """Structured CloudEvents, a JSON object a line, around the canonical data."""

    name = "cloudevents"
    summary = "CloudEvents 1.0, structured JSON a line (Kafka: binary or structured)"
    looks_for = "keys specversion, type, source"
    fills = frozenset(FIELDS)

    def recognises(self, record: dict[str, Any]) -> bool:
        """Tell whether the record has the attributes that the specification demands."""
        return {"specversion", "type", "source"} <= record.keys()

    def reader(self, name: str, options: ReadOptions) -> Reader:
        """Return the decoder of structured events."""
        del name, options
        return _decode_line


def _decode_line(line: bytes) -> Iterable[Event]:
    return (from_structured(line),)


def from_structured(payload: bytes) -> Event:
    """Read an event from a structured CloudEvent.

    Raises
    ------
    MalformedEventError
        When it is no CloudEvent, or its data is no event.
    """
    try:
        _check_json(payload)
        cloud = _JSON.read(None, payload)
    except _UNREADABLE as error:
        msg = f"needed a structured CloudEvent 1.0; {_words(error)}."
        raise MalformedEventError(msg) from error
    return _to_event(cloud)


def is_cloudevent(headers: Mapping[str, bytes]) -> bool:
    """Tell from a Kafka record's headers whether it is a CloudEvent.

    Examples
    --------
    >>> is_cloudevent({"ce_type": b"x"}), is_cloudevent({"content-type": b"application/json"})
    (True, False)
    """
    content_type = headers.get("content-type", b"").lower()
    return content_type.startswith(b"application/cloudevents") or any(
        name.lower().startswith("ce_") for name in headers
    )


def from_kafka(headers: Mapping[str, bytes], value: bytes) -> Event:
    """Read an event from a Kafka record in binary or structured content mode.

    Raises
    ------
    MalformedEventError
        When the headers or the data do not make a CloudEvent, or it is no event.
    """
    try:
        _check_json(value)
        message = kafka.KafkaMessage(headers=dict(headers), key=None, value=value)
        cloud = kafka.from_kafka(message, _JSON)
    except _UNREADABLE as error:
        msg = f"needed a CloudEvent 1.0 on Kafka; {_words(error)}."
        raise MalformedEventError(msg) from error
    return _to_event(cloud)


def to_kafka(event: Event) -> tuple[dict[str, bytes], bytes]:
    """Write an event as a Kafka record in binary content mode: headers and value.

    The value is the canonical wire form, so a reader that ignores the headers reads it too.
    """
    cloud = CloudEvent(
        attributes={
            "id": event.id,
            "type": TYPE_PREFIX + kind_of(event),
            "source": quote(event.agent, safe="/:"),
            "time": event.at,
            "specversion": "1.0",
            "datacontenttype": "application/json",
        },
        data=to_fields(event),
    )
    message = kafka.to_binary_event(cloud, _JSON)
    return message.headers, message.value


def _to_event(cloud: BaseCloudEvent) -> Event:
    data = cloud.get_data()
    if not isinstance(data, dict):
        msg = f"needed a JSON object as the CloudEvent's data; found {type(data).__name__}."
        raise MalformedEventError(msg, "set datacontenttype to application/json")
    attributes = cloud.get_attributes()
    kind = str(attributes["type"]).removeprefix(TYPE_PREFIX)
    from_attributes = {
        field: value.isoformat() if hasattr(value, "isoformat") else value
        for name, field in _FROM_ATTRIBUTE.items()
        if (value := attributes.get(name)) is not None
    }
    return from_fields({"kind": kind, **from_attributes, **data})


def _check_json(payload: bytes) -> None:
    """Refuse what the SDK's parser lets through and JSON does not: NaN, half a surrogate pair."""
    msgspec.json.decode(payload)


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
