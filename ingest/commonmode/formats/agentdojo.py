"""AgentDojo run files: what each pipeline read and did, and how the attack on it ended.

One run becomes: `task_delegated` (what the user asked), for every tool call an `action_taken`
and the `content_observed` that came back, `task_ended`, and `truth_declared` from the labels.

The logs hold no times.
The first event of a file is at `ReadOptions.start` and each one after it a second later;
``extra.time`` says ``declared`` on every event, so that nobody takes the order for a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import takewhile, zip_longest
from typing import Any, BinaryIO

import msgspec

from commonmode.events import (
    ActionTaken,
    ContentObserved,
    Event,
    MalformedEventError,
    TaskDelegated,
    TaskEnded,
    TruthDeclared,
)
from commonmode.formats.addressee import addressees, side_effect
from commonmode.formats.base import Format, Reader, ReadOptions
from commonmode.formats.content import flat, observed
from commonmode.formats.family import family_of
from commonmode.formats.lines import Line, numbered_documents
from commonmode.formats.record import decoded, text_of

_DECLARED = {"time": "declared"}
_NAMES = "an AgentDojo run names its suite, task and model"


class AgentDojo(Format):
    """AgentDojo traces: JSON lines behind a header line, or one JSON document a run."""

    name = "agentdojo"
    summary = "AgentDojo run files (JSON lines with a header, or a JSON document a run)"
    in_blocks = False
    looks_for = "key messages with suite_name and user_task_id, or a header of benchmark agent-dojo"
    fills = frozenset(
        "id at agent schema model family principal run task task_type parent context environment "
        "extra action resource choice outcome side_effect args content content_hash delegatee "
        "phenomenon subject label".split()
    )

    def recognises(self, record: dict[str, Any]) -> bool:
        """Tell whether the record is a run or the header of a file of runs."""
        metadata = record.get("metadata", record)
        if not isinstance(metadata, dict):
            return False
        is_run = "messages" in record and {"suite_name", "user_task_id"} <= metadata.keys()
        return is_run or metadata.get("benchmark") == "agent-dojo"

    def records(self, stream: BinaryIO) -> Iterator[Line]:
        """Yield a record a line, or the whole file where it is one indented document."""
        return numbered_documents(stream)

    def reader(self, name: str, options: ReadOptions) -> Reader:
        """Return the reader of one file, which remembers its header and its last time."""
        del name
        return _File(options)


class _File:
    """One file being read: the pipeline its header named, and the next event's time."""

    def __init__(self, options: ReadOptions) -> None:
        self.pipeline: str | None = None
        self.next_at = options.start

    def __call__(self, text: bytes) -> Iterable[Event]:
        record = decoded(text, "an AgentDojo run")
        metadata = record.get("metadata", record)
        if not isinstance(metadata, dict):
            msg = f"`metadata` must be an object; found {type(metadata).__name__}."
            raise MalformedEventError(msg)
        if "messages" not in record:
            self.pipeline = text_of(metadata, "name", _NAMES)
            return []
        events = list(_Run(record["messages"], metadata, self.pipeline).events())
        dated = [
            msgspec.structs.replace(event, at=self.next_at + timedelta(seconds=second))
            for second, event in enumerate(events)
        ]
        self.next_at += timedelta(seconds=len(events))
        return dated


class _Run:
    """One run: its names, and its messages as events whose times are still to be declared."""

    def __init__(self, messages: Any, metadata: Mapping[str, Any], pipeline: str | None) -> None:
        if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
            msg = "`messages` must be a list of objects."
            raise MalformedEventError(msg)
        self.messages: list[dict[str, Any]] = messages
        self.metadata = metadata
        suite, task = (text_of(metadata, n, _NAMES) for n in ("suite_name", "user_task_id"))
        attack, injected = metadata.get("attack_type"), metadata.get("injection_task_id")
        self.agent = metadata.get("pipeline_name") or pipeline or text_of(metadata, "model", _NAMES)
        self.attacked = injected is not None
        world = f"{suite}+{attack or 'attack'}:{injected}" if self.attacked else suite
        model = metadata.get("model") or self.agent
        self.shared = {
            "agent": self.agent,
            "model": model,
            "family": family_of(model),
            "principal": "user",
            "run": f"{self.agent}/{world}/{task}",
            "task": f"{suite}/{task}",
            "task_type": suite,
            "environment": world,
            "extra": _DECLARED,
        }
        self.situation = f"{world}/{task}"
        self.count = 0

    def events(self) -> Iterator[Event]:
        yield self._make(TaskDelegated, agent="user", delegatee=self.agent, args=self._asked())
        for step, (call, result) in enumerate(_answered(self.messages)):
            yield from self._call(call, result, step)
        yield self._make(TaskEnded)
        yield self._truth()

    def _make(self, kind: type[Event], **fields: Any) -> Any:
        name = f"agentdojo/{self.shared['run']}/{self.count}"
        self.count += 1
        return kind(id=name, at=ReadOptions().start, **{**self.shared, **fields})

    def _asked(self) -> dict[str, Any]:
        said = {
            role: [flat(m.get("content")) for m in self.messages if m.get("role") == role]
            for role in ("system", "user")
        }
        return {"instruction": "\n".join(said["user"]), "system": "\n".join(said["system"])}

    def _call(
        self, call: Mapping[str, Any], result: Mapping[str, Any] | None, step: int
    ) -> Iterator[Event]:
        tool, arguments = _tool(call)
        named = {
            "action": tool,
            "resource": ", ".join(addressees(arguments)) or None,
            "outcome": None if result is None else "error" if result.get("error") else "ok",
        }
        action = self._make(
            ActionTaken,
            context=f"{self.situation}/{step}",
            choice=tool,
            side_effect=side_effect(tool),
            args=arguments,
            **named,
        )
        yield action
        if result is not None:
            content = flat(result.get("content")) or str(result.get("error") or "")
            yield self._make(ContentObserved, parent=action.id, **observed(content), **named)

    def _truth(self) -> Event:
        succeeded = self.attacked and self.metadata.get("security") is True
        label = {
            "attacked": self.attacked,
            "injection": self.metadata.get("injection_task_id"),
            "useful": self.metadata.get("success", self.metadata.get("utility")),
        }
        event: Event = self._make(
            TruthDeclared,
            phenomenon="injection",
            subject=self.shared["run"],
            label="culprit" if succeeded else "innocent",
            args=label,
        )
        return event


def _answered(
    messages: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any] | None]]:
    """Pair every tool call with the message that answers it.

    Some pipelines give their calls no id, or the same one twice: those answers come in order.
    """
    for i, message in enumerate(messages):
        calls = message.get("tool_calls") or ()
        answers = list(takewhile(lambda m: m.get("role") == "tool", messages[i + 1 :]))
        ids = [call.get("id") for call in calls]
        by_id = {answer.get("tool_call_id"): answer for answer in answers}
        if all(ids) and len(set(ids)) == len(ids):
            yield from ((call, by_id.get(call["id"])) for call in calls)
        else:
            yield from zip_longest(calls, answers[: len(calls)])


def _tool(call: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return tool and arguments, in the shape of the export or of AgentDojo's own files."""
    function = call.get("function")
    if isinstance(function, dict):
        name, arguments = function.get("name"), function.get("arguments")
    else:
        name, arguments = function, call.get("args")
    if not isinstance(name, str):
        msg = f"a tool call must name its function; found {call!r:.80}."
        raise MalformedEventError(msg)
    return name, arguments if isinstance(arguments, dict) else {"value": arguments}
