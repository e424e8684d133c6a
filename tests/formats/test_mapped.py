"""A map turns any NDJSON into events, and says where it is wrong."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from commonmode.events import ActionTaken, Event, MessageSent, Rejected
from commonmode.formats import MapError, Mapped

MAP = """
[time]
unit = "ms"

[[event]]
when = "type == 'tool'"
kind = "action_taken"
id = "digest(@)"
at = "ts"
agent = "join('/', [team, name])"
action = "tool.name"
args = "tool.input"

[[event]]
when = "type == 'chat'"
kind = "message_sent"
id = "uid"
at = "when"
agent = "name"
recipient = "to"
"""
TOOL = {
    "type": "tool",
    "ts": 1767225600123,
    "team": "ops",
    "name": "a7",
    "tool": {"name": "read", "input": {"p": 1}},
}


def read(*records: Any, text: str = MAP) -> list[Event | Rejected]:
    log = "\n".join(json.dumps(record) for record in records)
    return list(Mapped(text, "ops.toml").read(BytesIO(log.encode()), "ops.log"))


def test_the_first_table_that_applies_makes_the_event() -> None:
    chat = {"type": "chat", "uid": "m1", "when": "2026-01-01T00:00:00Z", "name": "b", "to": "c"}
    action, message = read(TOOL, chat)

    assert isinstance(action, ActionTaken)
    assert (action.agent, action.action, action.args) == ("ops/a7", "read", {"p": 1})
    assert action.at.isoformat() == "2026-01-01T00:00:00.123000+00:00"
    assert isinstance(message, MessageSent)
    assert message.recipient == "c"


def test_a_digest_names_the_same_record_the_same() -> None:
    one, same = read(TOOL, dict(reversed(TOOL.items())))
    (other,) = read({**TOOL, "name": "a8"})

    assert isinstance(one, Event)
    assert isinstance(same, Event)
    assert isinstance(other, Event)
    assert one.id == same.id != other.id


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"type": "metric"}, "applies"),
        ({**TOOL, "ts": None}, "at"),
        ({**TOOL, "ts": 1e300}, "out of range"),
        ({**TOOL, "team": 7}, "cannot be applied"),
        ([1], "cannot be applied"),
    ],
)
def test_a_record_the_map_cannot_read_is_refused(record: Any, words: str) -> None:
    (refused,) = read(record)

    assert isinstance(refused, Rejected)
    assert words in refused.reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[event", "ops.toml: needed TOML"),
        ("", "at least one"),
        ('[[event]]\nkind = "did"', "`kind` must be one of"),
        ('[[event]]\nkind = "task_ended"\nid = "i"\nat = "t"', "agent missing"),
        (MAP.replace("tool.name", "tool.."), "[[event]] 1 action"),
        (MAP.replace("recipient", "recipent"), "recipent: no such field"),
        (MAP.replace('"ms"', '"min"'), "unit must be one of"),
    ],
)
def test_a_wrong_map_says_where(text: str, words: str) -> None:
    with pytest.raises(MapError) as caught:
        Mapped(text, "ops.toml")

    assert words in str(caught.value)


def test_a_map_fills_what_it_names() -> None:
    assert {"id", "at", "agent", "action", "args", "recipient"} == Mapped(MAP).fills
