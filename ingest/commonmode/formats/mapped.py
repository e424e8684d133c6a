"""Any other JSON, described by a map; see `commonmode.formats.map_file`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, BinaryIO

import msgspec
from jmespath.exceptions import JMESPathError

from commonmode.events import Event, MalformedEventError, from_fields
from commonmode.formats.base import Format, Reader, ReadOptions
from commonmode.formats.lines import KEPT, LONGEST, Line, numbered_documents, numbered_lines
from commonmode.formats.map_file import MICROSECONDS, Expression, Map

_TIMES = frozenset({"at", "recorded_at", "valid_from", "valid_until"})


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
        self.map = Map.parse(text, source)
        self.in_blocks = self.map.each is None
        self.fills = frozenset(name for rule in self.map.rules for name in rule.fields)

    def recognises(self, record: dict[str, Any]) -> bool:
        """Tell whether any table of the map applies to the record."""
        return any(rule.applies(record) for rule in self.map.rules)

    def records(self, stream: BinaryIO) -> Iterator[Line]:
        """Yield a line each, or each record of the lists that the map names."""
        if (each := self.map.each) is None:
            return numbered_lines(stream)
        lines = numbered_documents(stream)
        return chain.from_iterable(_parted(line, each) for line in lines)

    def reader(self, name: str, options: ReadOptions) -> Reader:
        """Return the function that applies the map to one line."""
        del name, options
        return self._read

    def _read(self, line: bytes) -> Iterable[Event]:
        try:
            record = msgspec.json.decode(line, type=dict[str, Any])
            if self.map.skip is not None and self.map.skip.of(record):
                return ()
            rule = next((each for each in self.map.rules if each.applies(record)), None)
            if rule is None:
                msg = f"no [[event]] table of the map applies; found keys {sorted(record)[:12]}."
                raise MalformedEventError(msg, "add a table without `when` to catch the rest")
            fields = {
                name: value
                for name, expression in rule.fields.items()
                if (value := expression.of(record)) is not None
            }
        except (msgspec.MsgspecError, UnicodeError, RecursionError, JMESPathError) as error:
            msg = f"the map cannot be applied: {' '.join(str(error).split())}."
            raise MalformedEventError(msg) from error
        times = {name: self._time(fields[name]) for name in _TIMES & fields.keys()}
        return (from_fields({**fields, **times, "kind": rule.kind}),)

    def _time(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._zoned(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        try:
            since = timedelta(microseconds=value * MICROSECONDS[self.map.unit])
            return (datetime(1970, 1, 1, tzinfo=UTC) + since).isoformat()
        except (OverflowError, ValueError) as error:
            msg = f"a time of {value} {self.map.unit} since 1970 is out of range."
            raise MalformedEventError(msg, "set `unit` under [time] in the map") from error

    def _zoned(self, text: str) -> str:
        """Return a time with its zone: that of the map, where it names none."""
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            return text
        if time.tzinfo is not None:
            return text
        if self.map.zone is None:
            msg = f"the time {text!r:.40} names no zone: it could be any instant."
            raise MalformedEventError(msg, "set `zone` under [time] in the map, 'UTC' say")
        return time.replace(tzinfo=self.map.zone).isoformat()


def _parted(line: Line, each: Expression) -> Iterator[Line]:
    """Yield the records that a line lists; where it lists none, it is one."""
    try:
        found = each.of(msgspec.json.decode(line.text))
    except (msgspec.MsgspecError, UnicodeError, RecursionError, JMESPathError):
        found = None
    if not isinstance(found, list):
        yield line
        return
    for record in found:
        text = msgspec.json.encode(record)
        whole = len(text) <= LONGEST
        yield Line(line.number, text if whole else text[:KEPT], whole)
