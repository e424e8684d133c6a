"""Wire form ↔ event: one flat JSON object, UTF-8."""

from __future__ import annotations

from typing import Any

import msgspec

from commonmode.events.errors import MalformedEventError
from commonmode.events.kinds import BY_NAME, kind_of
from commonmode.events.model import Event
from commonmode.events.upcast import upcast

_FIELDS = {name: frozenset(kind.__struct_fields__) - {"extra"} for name, kind in BY_NAME.items()}
_object = msgspec.json.Decoder(dict[str, Any])
_encoder = msgspec.json.Encoder()

_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])
_KNOWN: dict[bytes, tuple[frozenset[str], msgspec.json.Decoder[Event]]] = {
    b'"%b"' % name.encode(): ((_FIELDS[name] | {"kind"}) - {"schema"}, msgspec.json.Decoder(kind))
    for name, kind in BY_NAME.items()
}
"""A kind as JSON has it → the keys that need no second look, and the decoder of its struct."""


def decode(payload: bytes | str) -> Event:
    """Read one event from its wire form.

    Keys that the event's kind does not have are kept in `extra`.

    Parameters
    ----------
    payload : bytes or str
        One JSON object.

    Returns
    -------
    Event
        An instance of the struct of its kind.

    Raises
    ------
    MalformedEventError
        When it is no JSON object, its kind is unknown, or a field has the wrong type.

    Examples
    --------
    >>> line = b'{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a","x":2}'
    >>> decode(line).extra
    {'x': 2}
    """
    return _decode_known(payload) or _decode_any(payload)


def _decode_known(payload: bytes | str) -> Event | None:
    """Read an event of today's version that has no unknown keys: most of them, and quickly.

    None leaves the answer to the slow way, which alone says what is wrong.
    """
    try:
        raw = _keys.decode(payload)
        known = _KNOWN.get(bytes(raw["kind"]))
        if known is None or not raw.keys() <= known[0]:
            return None
        return known[1].decode(payload)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, KeyError):
        return None


def _decode_any(payload: bytes | str) -> Event:
    try:
        fields = _object.decode(payload)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        msg = f"needed one JSON object in UTF-8; {error}."
        raise MalformedEventError(msg) from error
    return from_fields(fields)


def from_fields(fields: dict[str, Any]) -> Event:
    """Build an event from decoded fields; see `decode`.

    Raises
    ------
    MalformedEventError
        When the kind is unknown or a field is missing or has the wrong type.
    """
    fields = upcast(fields)
    name = fields.get("kind")
    kind = BY_NAME.get(name) if isinstance(name, str) else None
    if kind is None:
        msg = f"`kind` must be one of the known kinds; found {name!r:.80}."
        raise MalformedEventError(msg, "`commonmode schema` lists them")
    known = _FIELDS[kind_of(kind)]
    extra = fields.get("extra")
    strange = {k: v for k, v in fields.items() if k not in known and k not in ("kind", "extra")}
    if extra is not None:
        strange |= extra if isinstance(extra, dict) else {"extra": extra}
    flat = {k: v for k, v in fields.items() if k in known}
    try:
        return msgspec.convert({**flat, "kind": name, "extra": strange or None}, kind)
    except (msgspec.ValidationError, OverflowError, RecursionError) as error:
        msg = f"{name}: {error}."
        raise MalformedEventError(msg, "`commonmode schema` shows each field's type") from error


def to_fields(event: Event) -> dict[str, Any]:
    """Return an event as the flat JSON-ready mapping of its wire form."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    extra = fields.pop("extra", {})
    return {**fields, **extra}


def encode(event: Event) -> bytes:
    """Write one event in its wire form; the inverse of `decode`.

    Examples
    --------
    >>> line = b'{"kind":"task_ended","id":"1","at":"2026-01-01T00:00:00Z","agent":"a","x":2}'
    >>> encode(decode(line)) == line
    True
    """
    if event.extra is None:
        return _encoder.encode(event)
    return _encoder.encode(to_fields(event))
