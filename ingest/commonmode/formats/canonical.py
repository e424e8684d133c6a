"""Commonmode's own wire form: one flat JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from commonmode.events import FIELDS, Event, decode
from commonmode.formats.base import Format, Reader, ReadOptions


class Canonical(Format):
    """Flat NDJSON with `id`, `kind`, `at` and `agent`; see `commonmode schema`."""

    name = "canonical"
    summary = "flat NDJSON, the project's own wire form"
    is_wire_form = True
    looks_for = "keys id, kind, at, agent"
    fills = frozenset(FIELDS)

    def recognises(self, record: dict[str, Any]) -> bool:
        """Tell whether the record has a kind and any other key that every event has."""
        return "kind" in record and bool(record.keys() & {"id", "at", "agent"})

    def reader(self, name: str, options: ReadOptions) -> Reader:
        """Return the wire decoder."""
        del name, options
        return _decode_line


def _decode_line(line: bytes) -> Iterable[Event]:
    return (decode(line),)
