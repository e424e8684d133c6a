"""Any other JSON, described by a map: TOML with a JMESPath expression for each field.

Example of a map::

    [[event]]
    when = "type == 'tool_call'"         # optional; the first table that matches is used
    kind = "action_taken"
    id = "digest(@)"                     # or whatever names it uniquely
    at = "timestamp"
    agent = "join('/', [team, name])"
    action = "tool.name"
    args = "tool.input"

    [time]
    unit = "ms"                          # of numbers: s, ms, us or ns; texts are RFC 3339

    [log]
    each = "Records"                     # optional; the list of records in a line or a document
    skip = "type == 'heartbeat'"         # optional; records that are no events

Expressions are JMESPath.
``digest(value)`` is added to it: the SHA-256 of the value, for logs whose records have no id.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, BinaryIO

import jmespath
import msgspec
from jmespath import functions
from jmespath.exceptions import JMESPathError

from commonmode.events import BY_NAME, FIELDS, Event, MalformedEventError, from_fields
from commonmode.formats.base import Format, Reader, ReadOptions
from commonmode.formats.lines import (
    KEPT,
    LONGEST,
    Line,
    numbered_documents,
    numbered_lines,
)

_MICROSECONDS = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}
_TIMES = frozenset({"at", "recorded_at", "valid_from", "valid_until"})


class MapError(ValueError):
    """A map cannot be used; the message says where and why."""


class _Functions(functions.Functions):
    @functions.signature({"types": []})
    def _func_digest(self, value: Any) -> str:
        return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


_OPTIONS = jmespath.Options(custom_functions=_Functions())


class _Rule(msgspec.Struct, frozen=True):
    """One ``[[event]]`` table, compiled."""

    kind: str
    when: Any
    fields: dict[str, Any]

    def matches(self, record: dict[str, Any]) -> bool:
        return self.when is None or bool(self.when.search(record, options=_OPTIONS))


class Mapped(Format):
    """JSON of any shape, an object a line or lists of them, read through a map.

    Parameters
    ----------
    text : str
        The map, as TOML.
    source : str
        What to call the map in errors.

    Raises
    ------
    MapError
        When the TOML, a kind, a field or an expression is wrong.
    """

    name = "map"
    summary = "any JSON, through --map FILE"
    looks_for = "what the map says"

    def __init__(self, text: str, source: str = "map") -> None:
        content = _parse(text, source)
        self.unit = _unit(content.get("time", {}), source)
        self.each, self.skip = _log(content.get("log", {}), source)
        self.in_blocks = self.each is None
        tables = content.get("event")
        if not isinstance(tables, list) or not tables:
            msg = f"{source}: needed at least one [[event]] table; found none."
            raise MapError(msg)
        self.rules = [
            _compile(table, f"{source}: [[event]] {number}")
            for number, table in enumerate(tables, 1)
        ]
        self.fills = frozenset(name for rule in self.rules for name in rule.fields)

    def recognises(self, record: dict[str, Any]) -> bool:
        """Tell whether any table of the map applies to the record."""
        return any(rule.matches(record) for rule in self.rules)

    def records(self, stream: BinaryIO) -> Iterator[Line]:
        """Yield a line each, or each record of the lists that the map names."""
        if self.each is None:
            return numbered_lines(stream)
        return chain.from_iterable(map(self._parted, numbered_documents(stream)))

    def _parted(self, line: Line) -> Iterator[Line]:
        """Yield the records that a line lists; where it lists none, it is one."""
        try:
            found = self.each.search(msgspec.json.decode(line.text), options=_OPTIONS)
        except (msgspec.MsgspecError, UnicodeError, RecursionError, JMESPathError):
            found = None
        if not isinstance(found, list):
            yield line
            return
        for record in found:
            text = msgspec.json.encode(record)
            whole = len(text) <= LONGEST
            yield Line(line.number, text if whole else text[:KEPT], whole)

    def reader(self, name: str, options: ReadOptions) -> Reader:
        """Return the function that applies the map to one line."""
        del name, options
        return self._read

    def _read(self, line: bytes) -> Iterable[Event]:
        try:
            record = msgspec.json.decode(line, type=dict[str, Any])
            if self.skip is not None and self.skip.search(record, options=_OPTIONS):
                return ()
            rule = next((each for each in self.rules if each.matches(record)), None)
            if rule is None:
                msg = f"no [[event]] table of the map applies; found keys {sorted(record)[:12]}."
                raise MalformedEventError(msg, "add a table without `when` to catch the rest")
            fields = {
                name: value
                for name, expression in rule.fields.items()
                if (value := expression.search(record, options=_OPTIONS)) is not None
            }
        except (msgspec.MsgspecError, UnicodeError, RecursionError, JMESPathError) as error:
            msg = f"the map cannot be applied: {' '.join(str(error).split())}."
            raise MalformedEventError(msg) from error
        times = {name: self._time(fields[name]) for name in _TIMES & fields.keys()}
        return (from_fields({**fields, **times, "kind": rule.kind}),)

    def _time(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        try:
            since = timedelta(microseconds=value * _MICROSECONDS[self.unit])
            return (datetime(1970, 1, 1, tzinfo=UTC) + since).isoformat()
        except (OverflowError, ValueError) as error:
            msg = f"a time of {value} {self.unit} since 1970 is out of range."
            raise MalformedEventError(msg, "set `unit` under [time] in the map") from error


def _parse(text: str, source: str) -> dict[str, Any]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{source}: needed TOML; {error}."
        raise MapError(msg) from error
    if strange := sorted(content.keys() - {"event", "time", "log"}):
        msg = f"{source}: needed [[event]], [time] and [log] alone; found {', '.join(strange)}."
        raise MapError(msg)
    return content


def _unit(time: Any, source: str) -> str:
    unit = time.get("unit", "s") if isinstance(time, dict) else None
    if unit not in _MICROSECONDS:
        msg = f"{source}: [time] unit must be one of {', '.join(_MICROSECONDS)}; found {unit!r}."
        raise MapError(msg)
    return str(unit)


def _log(table: Any, source: str) -> tuple[Any, Any]:
    """Return the expressions of ``[log]``: `each` and `skip`, None where there is none."""
    if not isinstance(table, dict) or table.keys() - {"each", "skip"}:
        msg = f"{source}: [log] may have `each` and `skip`; found {table!r:.60}."
        raise MapError(msg)
    each, skip = (
        _expression(table[name], f"{source}: [log] {name}") if name in table else None
        for name in ("each", "skip")
    )
    return each, skip


def _compile(table: Mapping[str, Any], place: str) -> _Rule:
    kind = table.get("kind")
    if kind not in BY_NAME:
        msg = f"{place}: `kind` must be one of {', '.join(BY_NAME)}; found {kind!r}."
        raise MapError(msg)
    fields = {name: text for name, text in table.items() if name not in ("kind", "when")}
    strange = sorted(set(fields) - (FIELDS.keys() - {"kind", "extra"}))
    if strange:
        msg = f"{place}: {', '.join(strange)}: no such field. Hint: `commonmode schema` lists them."
        raise MapError(msg)
    missing = sorted({"id", "at", "agent"} - set(fields))
    if missing:
        msg = f"{place}: needed id, at and agent; {', '.join(missing)} missing."
        raise MapError(msg)
    when = table.get("when")
    return _Rule(
        str(kind),
        None if when is None else _expression(when, f"{place} when"),
        {name: _expression(text, f"{place} {name}") for name, text in fields.items()},
    )


def _expression(text: Any, place: str) -> Any:
    try:
        return jmespath.compile(text)
    except (JMESPathError, TypeError, ValueError) as error:
        msg = f"{place}: needed a JMESPath expression; {' '.join(str(error).split())}."
        raise MapError(msg) from error
