"""Inspect logs: what each model's agents did in every sample, and what they answered.

A sample becomes: `task_delegated` (its input), for every tool call an `action_taken` and the
`content_observed` that came back, `task_delegated` for a hand-off, `decision_reviewed` for an
approval, an `action_taken` for each short answer that was scored, and `task_ended`.

`resource` stays unknown: every sample is a world of its own, and two agents at work on
``/app/main.py`` of two sandboxes have not met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, BinaryIO

from commonmode.events import Event, MalformedEventError, from_fields
from commonmode.formats import inspect_archive, inspect_json
from commonmode.formats.addressee import side_effect
from commonmode.formats.base import Format, Reader, ReadOptions
from commonmode.formats.content import flat, observed
from commonmode.formats.family import family_of
from commonmode.formats.lines import Line, numbered_lines
from commonmode.formats.record import Json, decoded, text_of
from commonmode.formats.unrecognised import ZIP

LONGEST_ANSWER = 100
"""Characters of an answer that may be a choice; longer ones are essays, and no two are alike."""

_NAME_AT, _NAME_LENGTH_AT = 30, 26
"""Where the first entry of a ZIP has its name, and the name's length."""
_FIRST = (*inspect_archive.HEADERS, "_journal/", "samples/", "summaries.json", "reductions.json")

_BEGINNING = 4096
"""Bytes that tell the one from the other."""

_DENIED = ("permission", "approval")
_NAMES = "an Inspect log names its task, its model and every tool"
_IN_PARTS = "`inspect log convert` writes samples that are kept in parts as one file each"


class Inspect(Format):
    """Logs of the Inspect framework, as `.eval` or as JSON."""

    name = "inspect"
    summary = "Inspect logs (.eval, or in JSON)"
    looks_for = "a ZIP that begins with _journal/start.json, or keys version, status and eval"
    begins = ZIP
    reads_from_end = True
    in_blocks = False
    fills = frozenset(
        "id at agent schema model family role principal run task task_type parent context "
        "environment extra action choice options correct outcome attempted side_effect args "
        "duration_ms content content_hash delegatee".split()
    )

    def opens(self, head: bytes) -> bool:
        """Tell whether a log begins as a ZIP or a JSON document that Inspect wrote."""
        length = int.from_bytes(head[_NAME_LENGTH_AT : _NAME_LENGTH_AT + 2], "little")
        first = head[_NAME_AT : _NAME_AT + length]
        packed = head.startswith(ZIP) and first.startswith(tuple(n.encode() for n in _FIRST))
        return packed or inspect_json.begins(head)

    def recognises(self, record: Json) -> bool:
        """Tell whether the record is a line that was taken out of such a log before."""
        return {"inspect", "sample", "number"} <= record.keys()

    def records(self, stream: BinaryIO) -> Iterator[Line]:
        """Yield a line for each thing that happened, or the lines that stand there."""
        head = stream.read(_BEGINNING)
        stream.seek(0)
        if head.startswith(ZIP):
            return inspect_archive.lines(stream)
        return inspect_json.lines(stream) if inspect_json.begins(head) else numbered_lines(stream)

    def reader(self, name: str, options: ReadOptions) -> Reader:
        """Return the function that makes events of a line."""
        del name, options
        return _read


def _read(text: bytes) -> Iterable[Event]:
    try:
        return _events(_Line(text))
    except RecursionError as error:
        msg = "needed what a sample says; its values are nested too deep."
        raise MalformedEventError(msg) from error


def _events(line: _Line) -> list[Event]:
    match line.event.get("event"), line.number:
        case "tool", _:
            return line.call()
        case "approval", _:
            return line.approval()
        case None, "begin":
            return line.begin()
        case None, "end":
            return line.end()
    msg = f"needed a beginning, an end, a tool call or an approval; found {line.number!r:.40}."
    raise MalformedEventError(msg)


class _Line:
    """One line of a sample, and the events that it makes."""

    def __init__(self, text: bytes) -> None:
        said = decoded(text, "a sample of an Inspect log", _IN_PARTS)
        self.log, self.sample, self.event = (
            _object(said, n) for n in ("inspect", "sample", "event")
        )
        self.said, self.number = said, said.get("number")
        model = said.get("model") or text_of(self.log, "model", _NAMES)
        role = said.get("role")
        self.task = f"{text_of(self.log, 'task', _NAMES)}/{self.sample.get('id')}"
        self.run = f"{self.log.get('run')}/{self.sample.get('id')}_epoch_{self.sample.get('epoch')}"
        self.agent = "/".join(filter(None, (text_of(self.log, "model", _NAMES), role)))
        self.shared = {
            "model": model,
            "family": family_of(model),
            "role": role,
            "principal": "user",
            "run": self.run,
            "task": self.task,
            "task_type": self.log["task"],
            "environment": self.log["task"],
        }

    def begin(self) -> list[Event]:
        at = self.event.get("started_at") or self.said.get("at") or self.log.get("created")
        asked = {"instruction": flat(self.event.get("input"))}
        return [
            self._made(
                "task_delegated", "begin", at, agent="user", delegatee=self.agent, args=asked
            )
        ]

    def call(self) -> list[Event]:
        tool, arguments = text_of(self.event, "function", _NAMES), self.event.get("arguments")
        at, ended = self.event.get("timestamp"), self.event.get("completed")
        outcome = _outcome(self.event)
        events = [
            self._made(
                "action_taken",
                self.number,
                at,
                context=f"{self.task}/{self.said.get('step')}",
                action=tool,
                choice=tool,
                args=arguments if isinstance(arguments, dict) else {"value": arguments},
                outcome=outcome,
                attempted=True if outcome == "denied" else None,
                side_effect=side_effect(tool),
                duration_ms=_milliseconds(self.event.get("working_time"), at, ended),
            )
        ]
        shared = {"parent": events[0].id, "action": tool, "outcome": outcome}
        content = flat(self.event.get("result")) or _message(self.event.get("error"))
        if content:
            name = f"{self.number}/result"
            read = {**observed(content), **shared}
            events.append(self._made("content_observed", name, ended or at, **read))
        if isinstance(other := self.event.get("agent"), str):
            to = {"delegatee": f"{self.log['model']}/{other}", "parent": events[0].id}
            events.append(self._made("task_delegated", f"{self.number}/handoff", at, **to))
        return events

    def approval(self) -> list[Event]:
        of, call = self.said.get("of"), self.event.get("call")
        extra = {"call": call, "explanation": self.event.get("explanation")}
        return [
            self._made(
                "decision_reviewed",
                self.number,
                self.event.get("timestamp"),
                agent=text_of(self.event, "approver", _NAMES),
                model=None,
                family=None,
                role=None,
                choice=text_of(self.event, "decision", _NAMES),
                parent=None if of is None else self._id(of),
                extra={key: value for key, value in extra.items() if value is not None},
            )
        ]

    def end(self) -> list[Event]:
        at = self.event.get("completed_at") or self.said.get("at") or self.log.get("created")
        scores = self.event.get("scores")
        scored = scores.items() if isinstance(scores, dict) else ()
        answers = [self._answer(scorer, score, at) for scorer, score in scored if _short(score)]
        ended = "error" if self.event.get("error") else "ok"
        return [*answers, self._made("task_ended", "end", at, outcome=ended)]

    def _answer(self, scorer: str, score: Json, at: Any) -> Event:
        target, choices = self.event.get("target"), self.event.get("choices")
        if isinstance(target, list):
            target = target[0] if len(target) == 1 else None
        return self._made(
            "action_taken",
            f"answer/{scorer}",
            at,
            context=f"{self.task}/answer/{scorer}",
            action="answer",
            choice=score["answer"].strip(),
            correct=target,
            options=len(choices) if isinstance(choices, list) and choices else None,
            extra={"score": score.get("value")},
        )

    def _id(self, number: Any) -> str:
        return f"inspect/{self.run}/{number}"

    def _made(self, kind: str, number: Any, at: Any, **fields: Any) -> Event:
        named = {"agent": self.agent, **self.shared, **fields}
        told = {name: value for name, value in named.items() if value is not None}
        return from_fields({**told, "kind": kind, "id": self._id(number), "at": at})


def _object(fields: Json, name: str) -> Json:
    value = fields.get(name)
    if not isinstance(value, dict):
        msg = f"`{name}` must be an object; found {value!r:.60}."
        raise MalformedEventError(msg)
    return value


def _short(score: Any) -> bool:
    answer = score.get("answer") if isinstance(score, dict) else None
    return isinstance(answer, str) and 0 < len(answer.strip()) <= LONGEST_ANSWER


def _outcome(call: Json) -> str:
    error = call.get("error")
    if error is None:
        return "error" if call.get("failed") else "ok"
    kind = error.get("type") if isinstance(error, dict) else None
    return "denied" if kind in _DENIED else "timeout" if kind == "timeout" else "error"


def _message(error: Any) -> str:
    return str(error.get("message") or "") if isinstance(error, dict) else ""


def _milliseconds(worked: Any, began: Any, ended: Any) -> float | None:
    """Return how long a call took: at work where that is said, else by the clock."""
    if isinstance(worked, int | float):
        return 1000.0 * worked
    try:
        took = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    except (TypeError, ValueError):
        return None
    return took.total_seconds() * 1000
