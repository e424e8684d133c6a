"""A map: TOML that says how records become events, a JMESPath expression for each field.

Example::

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
    zone = "Europe/Berlin"               # of texts that name none

    [log]
    each = "Records"                     # optional; the list of records in a line or a document
    skip = "type == 'heartbeat'"         # optional; records that are no events

Expressions are JMESPath.
``digest(value)`` is added to it: the SHA-256 of the value, for logs whose records have no id.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
import msgspec
from jmespath import functions
from jmespath.exceptions import JMESPathError

from commonmode.events import BY_NAME, FIELDS

MICROSECONDS = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}
"""Units that a map may name."""


class MapError(ValueError):
    """A map cannot be used; the message says where and why."""


class _Functions(functions.Functions):
    @functions.signature({"types": []})
    def _func_digest(self, value: Any) -> str:
        return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


_OPTIONS = jmespath.Options(custom_functions=_Functions())


class Expression(msgspec.Struct, frozen=True):
    """A JMESPath expression, compiled."""

    compiled: Any

    def of(self, value: Any) -> Any:
        """Return what it makes of a value; None where there is nothing."""
        return self.compiled.search(value, options=_OPTIONS)


class Rule(msgspec.Struct, frozen=True):
    """One ``[[event]]`` table."""

    kind: str
    when: Expression | None
    fields: dict[str, Expression]

    def applies(self, record: dict[str, Any]) -> bool:
        """Tell whether it makes the event of a record."""
        return self.when is None or bool(self.when.of(record))


class Map(msgspec.Struct, frozen=True):
    """What a map says.

    Parameters
    ----------
    rules : tuple of Rule
        The first that applies makes the event.
    unit : str
        Of times that are numbers.
    zone : ZoneInfo, optional
        Of times that name none.
    each : Expression, optional
        The list of records in a line.
    skip : Expression, optional
        Whether a record is no event.
    """

    rules: tuple[Rule, ...]
    unit: str
    zone: ZoneInfo | None
    each: Expression | None
    skip: Expression | None

    @classmethod
    def parse(cls, text: str, source: str) -> Self:
        """Read a map from TOML.

        Raises
        ------
        MapError
            When the TOML, a table, a kind, a field or an expression is wrong.

        Examples
        --------
        >>> text = "[[event]]\\nkind = 'task_ended'\\nid = 'i'\\nat = 't'\\nagent = 'a'"
        >>> Map.parse(text, "map").unit
        's'
        """
        content = _parse(text, source)
        tables = content.get("event")
        if not isinstance(tables, list) or not tables:
            msg = f"{source}: needed at least one [[event]] table; found none."
            raise MapError(msg)
        numbered = enumerate(tables, 1)
        rules = tuple(_rule(table, f"{source}: [[event]] {number}") for number, table in numbered)
        times, log = _time(content.get("time", {}), source), _log(content.get("log", {}), source)
        return cls(rules, *times, *log)


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


def _time(table: Any, source: str) -> tuple[str, ZoneInfo | None]:
    """Return the unit of times that are numbers, and the zone of those that name none."""
    said = _table(table, f"{source}: [time]", ("unit", "zone"))
    unit, zone = said.get("unit", "s"), said.get("zone")
    if unit not in MICROSECONDS:
        msg = f"{source}: [time] unit must be one of {', '.join(MICROSECONDS)}; found {unit!r}."
        raise MapError(msg)
    try:
        return str(unit), None if zone is None else ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        msg = f"{source}: [time] zone must be a zone such as 'UTC'; found {zone!r}."
        raise MapError(msg) from error


def _log(table: Any, source: str) -> tuple[Expression | None, Expression | None]:
    """Return the expressions of ``[log]``: `each` and `skip`, None where there is none."""
    names = ("each", "skip")
    said = _table(table, f"{source}: [log]", names)
    each, skip = (
        _expression(said[name], f"{source}: [log] {name}") if name in said else None
        for name in names
    )
    return each, skip


def _table(table: Any, place: str, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(table, dict) or table.keys() - set(names):
        msg = f"{place} may have {' and '.join(names)}; found {table!r:.60}."
        raise MapError(msg)
    return table


def _rule(table: Mapping[str, Any], place: str) -> Rule:
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
    return Rule(
        str(kind),
        None if when is None else _expression(when, f"{place} when"),
        {name: _expression(text, f"{place} {name}") for name, text in fields.items()},
    )


def _expression(text: Any, place: str) -> Expression:
    try:
        return Expression(jmespath.compile(text))
    except (JMESPathError, TypeError, ValueError) as error:
        msg = f"{place}: needed a JMESPath expression; {' '.join(str(error).split())}."
        raise MapError(msg) from error
