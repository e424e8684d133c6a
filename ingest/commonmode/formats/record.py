"""A record as a JSON object, and the texts that have to be in it: there, or refused with why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from commonmode.events import MalformedEventError

Json = dict[str, Any]


def decoded(text: bytes, needed: str, hint: str = "") -> Json:
    """Return a record as a JSON object.

    Raises
    ------
    MalformedEventError
        When it is none; `needed` says what it should have been.

    Examples
    --------
    >>> decoded(b'{"a": 1}', "a run")
    {'a': 1}
    """
    try:
        return msgspec.json.decode(text, type=Json)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        msg = f"needed {needed} as one JSON object; {error}."
        raise MalformedEventError(msg, hint) from error


def text_of(fields: Mapping[str, Any], name: str, hint: str) -> str:
    """Return a text that has to be there.

    Raises
    ------
    MalformedEventError
        When it is missing, empty, or no text.

    Examples
    --------
    >>> text_of({"tool": "read"}, "tool", "a call names its tool")
    'read'
    """
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        msg = f"`{name}` must be a non-empty text; found {value!r:.60}."
        raise MalformedEventError(msg, hint)
    return value
