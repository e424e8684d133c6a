"""Every format, and which of them a log is in."""

from __future__ import annotations

from codecs import BOM_UTF8
from difflib import get_close_matches
from typing import Any

import msgspec

from commonmode.formats.agentdojo import AgentDojo
from commonmode.formats.base import Format, UnknownFormatError
from commonmode.formats.canonical import Canonical
from commonmode.formats.cloudevents import CloudEvents
from commonmode.formats.inspect_log import Inspect
from commonmode.formats.otlp import OpenTelemetry
from commonmode.formats.parquet import Parquet
from commonmode.formats.unrecognised import hint

FORMATS: tuple[Format, ...] = (
    Parquet(),
    Inspect(),
    OpenTelemetry(),
    CloudEvents(),
    AgentDojo(),
    Canonical(),
)
"""Every format, the most particular first. A new one is one file and one line here."""

HEAD_LINES = 20
"""Lines that are looked at to recognise a log."""


def get(name: str) -> Format:
    """Return a format by its name.

    Raises
    ------
    UnknownFormatError
        When there is none of that name.

    Examples
    --------
    >>> get("canonical").looks_for
    'keys id, kind, at, agent'
    """
    for each in FORMATS:
        if each.name == name:
            return each
    names = [each.name for each in FORMATS]
    near = get_close_matches(name, names, 1)
    msg = f"needed one of {', '.join(names)}; found {name!r}."
    raise UnknownFormatError(f"{msg} Hint: did you mean {near[0]}?" if near else msg)


def detect(head: bytes, filename: str) -> Format:
    """Recognise the format of a log from its beginning.

    Parameters
    ----------
    head : bytes
        The log's first bytes; 64 KiB are plenty.
    filename : str
        What to call the log in the error.

    Returns
    -------
    Format
        The first of `FORMATS` that recognises any of the first lines. An empty log is canonical.

    Raises
    ------
    UnknownFormatError
        When none does; it says what was looked for and what was found.

    Examples
    --------
    >>> detect(b'{"id":"1","kind":"task_ended","agent":"a"}', "-").name
    'canonical'
    """
    head = head.removeprefix(BOM_UTF8)
    if not head.strip():
        return get("canonical")
    for each in FORMATS:
        if each.opens(head):
            return each
    records = _records(head)
    for each in FORMATS:
        if any(each.recognises(record) for record in records):
            return each
    sought = "; ".join(f"{each.name}: {each.looks_for}" for each in FORMATS)
    found = f"keys {sorted(records[0])[:12]}" if records else f"{head[:60]!r}"
    msg = (
        f"{filename}: no format recognises it. Looked for {sought}. Found {found}. "
        f"Hint: {hint(head, filename)}."
    )
    raise UnknownFormatError(msg)


def _records(head: bytes) -> list[dict[str, Any]]:
    records = []
    for text in (*head.splitlines()[:HEAD_LINES], head):
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            continue
        if isinstance(value, dict):
            records.append(value)
    return records
