"""OpenTelemetry spans in OTLP's JSON form: what agents did, by the conventions for GenAI.

A span of `execute_tool` becomes an `action_taken` and the `content_observed` that came back, of
`invoke_agent` a `task_delegated` and a `task_ended`, of `create_agent` an `agent_registered`.
Other spans say nothing of what agents do and are passed over.

A tool's span need not name its agent. It is then that of the nearest span around it that does, as
far as it stands in the same batch, and else the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import msgspec

from commonmode.events import FIELDS, Event, MalformedEventError, from_fields
from commonmode.formats.addressee import addressees, side_effect
from commonmode.formats.base import Format, Reader, ReadOptions
from commonmode.formats.content import flat, observed
from commonmode.formats.family import family_of
from commonmode.formats.lines import KEPT, LONGEST, Line, numbered_documents
from commonmode.formats.record import Json, decoded, text_of

OWN = "commonmode."
"""Attributes of this prefix fill the field of that name, whatever else a span says."""

_OPERATION = "gen_ai.operation.name"
_TOLD = ("execute_tool", "invoke_agent", "create_agent")
_AGENT = ("gen_ai.agent.id", "gen_ai.agent.name")
_MODEL = ("gen_ai.response.model", "gen_ai.request.model")
_PRINCIPAL = ("user.id", "enduser.id")
_ERROR = 2
_NEEDED = "a batch of OTLP JSON"
_NAMES = "a span names its trace and itself"


class OpenTelemetry(Format):
    """OTLP JSON: a batch of spans a line, or one document."""

    name = "otlp"
    summary = "OpenTelemetry spans with gen_ai attributes (OTLP JSON, a batch a line)"
    looks_for = "key resourceSpans"
    in_blocks = False
    fills = frozenset(
        "id at agent schema model family principal run trace parent environment extra action "
        "resource choice outcome side_effect args duration_ms content content_hash "
        "delegatee".split()
    )

    def recognises(self, record: Json) -> bool:
        """Tell whether the record is a batch, or a span that was taken out of one before."""
        return "resourceSpans" in record or {"otlp", "span"} <= record.keys()

    def records(self, stream: BinaryIO) -> Iterator[Line]:
        """Yield a line for each span that says what an agent did, numbered as its batch."""
        for line in numbered_documents(stream):
            yield from _parted(line)

    def reader(self, name: str, options: ReadOptions) -> Reader:
        """Return the function that makes events of a span."""
        del name, options
        return _read


def _parted(line: Line) -> Iterator[Line]:
    """Yield the spans of a batch, each with what the batch says around it; else the line."""
    try:
        texts = list(_texts(msgspec.convert(decoded(line.text, _NEEDED), _Batch)))
    except (MalformedEventError, msgspec.ValidationError, RecursionError):
        yield line
        return
    for text in texts:
        whole = len(text) <= LONGEST
        yield Line(line.number, text if whole else text[:KEPT], whole)


def _texts(batch: _Batch) -> Iterator[bytes]:
    for resource in batch.resourceSpans:
        about = _attributes(resource.resource.get("attributes"))
        around = _Around([span for scope in resource.scopeSpans for span in scope.spans])
        for span in around.told():
            yield msgspec.json.encode({"otlp": about, "span": span, **around.said_of(span)})


class _Scope(msgspec.Struct):
    spans: list[Json] = []


class _Resource(msgspec.Struct):
    resource: Json = {}
    scopeSpans: list[_Scope] = []  # noqa: N815  OTLP's own name


class _Batch(msgspec.Struct):
    resourceSpans: list[_Resource]  # noqa: N815  OTLP's own name


class _Around:
    """The spans of one resource in a batch, by their names, and what they say of each other."""

    def __init__(self, spans: list[Json]) -> None:
        self._spans = spans
        self._by_id = {str(span.get("spanId")): span for span in spans}
        self._said = {name: _attributes(s.get("attributes")) for name, s in self._by_id.items()}

    def told(self) -> list[Json]:
        """Return the spans that say what an agent did."""
        return [span for span in self._spans if self._of(span).get(_OPERATION) in _TOLD]

    def said_of(self, span: Json) -> Json:
        """Return who did it in what run, who called them, what model decided: by spans around."""
        outer = list(self._outer(span))
        own = self._of(span)
        agents = [_first(each, _AGENT) for each in (own, *outer)]
        models = [_first(each, _MODEL) for each in (own, *outer, *self._beside(span))]
        callers = [name for name in map(_agent_of, outer) if name]
        runs = [each.get("gen_ai.conversation.id") for each in (own, *outer)]
        named = {"agent": agents, "model": models, "caller": callers, "run": runs}
        return {key: next(filter(None, values), None) for key, values in named.items()}

    def _of(self, span: Json) -> Json:
        return self._said.get(str(span.get("spanId")), {})

    def _outer(self, span: Json) -> Iterator[Json]:
        seen, name = set[str](), str(span.get("parentSpanId") or "")
        while name in self._by_id and name not in seen:
            seen.add(name)
            yield self._said[name]
            name = str(self._by_id[name].get("parentSpanId") or "")

    def _beside(self, span: Json) -> Iterator[Json]:
        """Yield the spans of the same parent: a tool is called by the model beside it."""
        if parent := span.get("parentSpanId"):
            yield from (self._of(s) for s in self._spans if s.get("parentSpanId") == parent)


def _agent_of(said: Json) -> Any:
    return _first(said, _AGENT) if said.get(_OPERATION) == "invoke_agent" else None


def _read(text: bytes) -> Iterable[Event]:
    try:
        return _events(decoded(text, _NEEDED))
    except RecursionError as error:
        msg = "needed a batch of OTLP JSON; its values are nested too deep."
        raise MalformedEventError(msg) from error


def _events(record: Json) -> list[Event]:
    span = record.get("span")
    if not isinstance(span, dict):
        msg = f"needed a batch of OTLP JSON; {_what_is_wrong(record)}."
        raise MalformedEventError(msg, "the collector's file exporter writes one a line")
    told = _Span(record, span)
    match told.said.get(_OPERATION):
        case "execute_tool":
            return told.call()
        case "invoke_agent":
            return told.invocation()
        case "create_agent":
            return [told.made("agent_registered", "", told.began)]
        case other:
            msg = f"`{_OPERATION}` must be one of {', '.join(_TOLD)}; found {other!r:.40}."
            raise MalformedEventError(msg)


def _what_is_wrong(record: Json) -> str:
    try:
        msgspec.convert(record, _Batch)
    except msgspec.ValidationError as error:
        return str(error)
    return "its values are nested too deep"


class _Span:
    """One span, and the events that it makes."""

    def __init__(self, record: Json, span: Json) -> None:
        resource = record.get("otlp")
        about: Json = resource if isinstance(resource, dict) else {}
        self.span, self.said = span, _attributes(span.get("attributes"))
        self.caller = record.get("caller")
        self.began, self.ended = (_time(span, f"{end}TimeUnixNano") for end in ("start", "end"))
        trace, name = (text_of(span, each, _NAMES) for each in ("traceId", "spanId"))
        self.name = f"otlp/{trace}/{name}"
        model = record.get("model")
        self.shared = {
            "agent": record.get("agent") or about.get("service.name"),
            "model": model,
            "family": family_of(model) if isinstance(model, str) else None,
            "principal": _first(self.said, _PRINCIPAL) or _first(about, _PRINCIPAL),
            "run": record.get("run") or trace,
            "trace": trace,
            "environment": about.get("deployment.environment.name"),
        }
        own = {**about, **self.said}.items()
        self.own = {key.removeprefix(OWN): value for key, value in own if key.startswith(OWN)}

    def call(self) -> list[Event]:
        tool = self.said.get("gen_ai.tool.name")
        arguments = _json(self.said.get("gen_ai.tool.call.arguments"))
        named = arguments if isinstance(arguments, dict) else {}
        shared = {
            "action": tool,
            "resource": self.said.get("mcp.resource.uri") or ", ".join(addressees(named)) or None,
            "outcome": self._outcome(),
        }
        action = self.made(
            "action_taken",
            "",
            self.began,
            choice=tool,
            args=arguments,
            side_effect=side_effect(tool) if isinstance(tool, str) else None,
            duration_ms=(self.ended - self.began) / timedelta(milliseconds=1),
            **shared,
        )
        result = flat(_json(self.said.get("gen_ai.tool.call.result")))
        if not result:
            return [action]
        read = {**observed(result), **shared, "parent": action.id}
        return [action, self.made("content_observed", "/result", self.ended, **read)]

    def invocation(self) -> list[Event]:
        agent = self.shared["agent"]
        caller = {**self.shared, "agent": self.caller or "user", "model": None, "family": None}
        return [
            self.made("task_delegated", "", self.began, **{**caller, "delegatee": agent}),
            self.made(
                "task_ended",
                "/end",
                self.ended,
                outcome=self._outcome(),
                duration_ms=(self.ended - self.began) / timedelta(milliseconds=1),
            ),
        ]

    def _outcome(self) -> str:
        """Return how it ended: a span without error leaves its status unset."""
        status, kind = self.span.get("status"), str(self.said.get("error.type", ""))
        code = status.get("code") if isinstance(status, dict) else None
        if not kind and code not in (_ERROR, "STATUS_CODE_ERROR"):
            return "ok"
        return "timeout" if "timeout" in kind.lower() else "error"

    def made(self, kind: str, suffix: str, at: datetime, **fields: Any) -> Event:
        """Return an event; what the attributes of our own say stands before the rest."""
        own = {key: value for key, value in self.own.items() if key in FIELDS}
        told = {**self.shared, **fields, **own}
        said = {name: value for name, value in told.items() if value is not None}
        return from_fields({**said, "kind": kind, "id": self.name + suffix, "at": at.isoformat()})


def _attributes(pairs: Any) -> Json:
    """Return attributes as a mapping; what is none is passed over."""
    listed = pairs if isinstance(pairs, list) else ()
    return {
        pair["key"]: _value(pair.get("value"))
        for pair in listed
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def _value(any_value: Any) -> Any:
    """Return an `AnyValue` as JSON; integers may be written as text."""
    if not isinstance(any_value, Mapping) or len(any_value) != 1:
        return None
    ((kind, value),) = any_value.items()
    match kind, value:
        case "intValue", str() if value.lstrip("-").isdigit():
            return int(value)
        case "arrayValue", {"values": list() as values}:
            return [_value(each) for each in values]
        case "kvlistValue", {"values": list() as values}:
            return _attributes(values)
        case (("arrayValue" | "kvlistValue"), _):
            return None
    return value


def _first(said: Json, names: tuple[str, ...]) -> Any:
    return next((said[name] for name in names if said.get(name)), None)


def _json(value: Any) -> Any:
    """Return JSON that was written as text, as attributes of spans can hold no other."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return value


def _time(span: Json, name: str) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(span[name]) // 1000)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        msg = f"`{name}` must be nanoseconds since 1970; found {span.get(name)!r:.60}."
        raise MalformedEventError(msg) from error
