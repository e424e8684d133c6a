"""The samples of an Inspect log → a line for each thing that happened in them.

A line says all that its reader needs, so that one that is refused is refused alone, and can be
read again by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any

import msgspec

from commonmode.formats.lines import KEPT, LONGEST, Line
from commonmode.formats.record import Json

LARGEST = 512 * 2**20
"""Bytes that are decoded at once."""

_TOLD = ("tool", "approval")
"""Kinds of Inspect's events that say what an agent did or an approver decided."""
_ATTACHED = "attachment://"


def log_of(spec: Any) -> Json | None:
    """Return what was run: `run`, `task`, `model` and `created`; None where it is not said.

    Examples
    --------
    >>> log_of({"eval_id": "E1", "task": "bank", "model": "larch"})["run"]
    'E1'
    """
    if not isinstance(spec, dict):
        return None
    run = spec.get("eval_id") or f"{spec.get('run_id')}/{spec.get('task_id')}"
    return {"run": run, **{name: spec.get(name) for name in ("task", "model", "created")}}


def lines_of(samples: Iterable[tuple[str, bytes]], log: Json) -> Iterator[Line]:
    """Yield what happened in samples, each a name and its JSON, numbered from 1."""
    texts = chain.from_iterable(_texts(name, raw, log) for name, raw in samples)
    for number, text in enumerate(texts, 1):
        whole = len(text) <= LONGEST
        yield Line(number, text if whole else text[:KEPT], whole)


def _texts(name: str, raw: bytes, log: Json) -> Iterator[bytes]:
    """Yield the lines of one sample; of one that cannot be read, its first bytes."""
    sample = any_json(raw)
    unread = f"{name}: ".encode() + raw[:KEPT]
    if not isinstance(sample, dict) or not isinstance(sample.get("events", []), list):
        yield unread
        return
    try:
        for told in Sample(sample).told():
            yield msgspec.json.encode({"inspect": log, **told})
    except RecursionError:
        yield unread


def any_json(raw: bytes) -> Any:
    """Return JSON as Python writes it, which may hold NaN; None where it is none."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            return None


class Sample:
    """One sample: its spans, its attachments, and what its events say of whom."""

    def __init__(self, sample: Json) -> None:
        self._sample = sample
        self._events = [e for e in sample.get("events", []) if isinstance(e, dict)]
        self._spans = {
            span.get("id"): span for span in self._events if span.get("event") == "span_begin"
        }
        attached = sample.get("attachments")
        self._attached: Json = attached if isinstance(attached, dict) else {}
        self._models: dict[str | None, Any] = {}
        self._steps = count()

    def told(self) -> Iterator[Json]:
        """Yield its beginning, each action and approval, and its end."""
        times = [e["timestamp"] for e in self._events if isinstance(e.get("timestamp"), str)]
        yield self._line("begin", self._kept("input", "started_at"), at=next(iter(times), None))
        for number, event in enumerate(self._events):
            agent = self._agent_of(event)
            if event.get("event") == "model" and event.get("model"):
                self._models[agent] = event["model"]
            if event.get("event") in _TOLD:
                yield self._line(number, event, role=agent, model=self._models.get(agent))
        kept = self._kept("scores", "target", "choices", "error", "completed_at")
        yield self._line("end", kept, at=next(reversed(times), None))

    def _kept(self, *names: str) -> Json:
        return {name: self._sample[name] for name in names if name in self._sample}

    def _line(self, number: int | str, event: Json, **more: Any) -> Json:
        name = {"id": self._sample.get("id"), "epoch": self._sample.get("epoch", 1)}
        line = {"sample": name, "number": number, "event": self._whole(event), **more}
        match event.get("event"):
            case "tool":
                line["step"] = next(self._steps)
            case "approval" if isinstance(number, int):
                line["of"] = self._call_after(number, event.get("call"))
        return line

    def _call_after(self, number: int, call: Any) -> int | None:
        """Return the number of the event that an approval let happen, where it did."""
        wanted = call.get("id") if isinstance(call, Mapping) else None
        later = enumerate(self._events[number:], number)
        return next(
            (n for n, e in later if e.get("event") == "tool" and e.get("id") == wanted), None
        )

    def _agent_of(self, event: Json) -> str | None:
        """Return the name of the innermost agent's span around an event."""
        span, seen = self._spans.get(event.get("span_id")), set[Any]()
        while span is not None and span.get("id") not in seen:
            if span.get("type") == "agent" and isinstance(span.get("name"), str):
                return str(span["name"])
            seen.add(span.get("id"))
            span = self._spans.get(span.get("parent_id"))
        return None

    def _whole(self, value: Any) -> Any:
        """Return a value with its attachments put back in."""
        if isinstance(value, str):
            named = value.removeprefix(_ATTACHED)
            return value if named == value else self._attached.get(named, value)
        if isinstance(value, Mapping):
            return {key: self._whole(each) for key, each in value.items()}
        if isinstance(value, Sequence):
            return [self._whole(each) for each in value]
        return value
