"""Events have one picture: their fields, as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from commonmode.events import FIELDS

_JSON = frozenset(name for name, doc in FIELDS.items() if doc.is_json)


def as_json(event: dict[str, Any]) -> str:
    """Lay an event out as people read JSON; nested JSON is unfolded.

    Examples
    --------
    >>> print(as_json({"id": "1", "args": '{"to": "b"}'}))
    {
      "id": "1",
      "args": {
        "to": "b"
      }
    }
    """
    unfolded = {
        name: json.loads(value) if name in _JSON and isinstance(value, str) else value
        for name, value in event.items()
    }
    return json.dumps(unfolded, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
