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
        (MAP.replace("[time]", "[times]"), "found times"),
        (MAP + '[log]\nevery = "x"', "[log] may have"),
        (MAP.replace("unit", "units"), "[time] may have unit and zone"),
        (MAP.replace("unit", "zone"), "a zone such as 'UTC'; found 'ms'"),
        (MAP + '[log]\neach = "x..y"', "[log] each"),
    ],
)
def test_a_wrong_map_says_where(text: str, words: str) -> None:
    with pytest.raises(MapError) as caught:
        Mapped(text, "ops.toml")

    assert words in str(caught.value)


def test_a_map_fills_what_it_names() -> None:
    assert {"id", "at", "agent", "action", "args", "recipient"} == Mapped(MAP).fills


EACH = (
    MAP
    + """
[log]
each = "Records"
skip = "type == 'heartbeat'"
"""
)
BEAT = {"type": "heartbeat"}


@pytest.mark.parametrize("indent", [None, 1])
def test_each_record_of_a_list_is_one(indent: int | None) -> None:
    other = {**TOOL, "name": "b8"}
    log = json.dumps({"Records": [TOOL, {"type": "metric"}, other]}, indent=indent).encode()
    found = list(Mapped(EACH, "ops.toml").read(BytesIO(log), "ops.log"))

    assert [found[0], found[2]] == read(TOOL, other)
    assert isinstance(found[1], Rejected)
    assert found[1].payload == b'{"type":"metric"}'
    assert str(found[1].position) == "ops.log:1"


def test_a_whole_array_is_its_records() -> None:
    log = json.dumps([TOOL, TOOL]).encode()
    text = MAP + '[log]\neach = "@"'

    assert list(Mapped(text).read(BytesIO(log), "ops.log")) == read(TOOL, TOOL)


def test_what_a_map_skips_is_no_event_and_not_refused() -> None:
    assert read(BEAT, TOOL, BEAT, text=EACH) == read(TOOL)


def test_a_line_without_the_list_is_a_record_itself() -> None:
    assert read(TOOL, text=EACH) == read(TOOL)


@pytest.mark.parametrize("time", ["2026-07-01T09:00:00", "2026-07-01 09:00:00"])
def test_a_time_without_a_zone_is_in_that_of_the_map(time: str) -> None:
    zoned = MAP.replace("[time]", '[time]\nzone = "Europe/Berlin"')
    here, elsewhere = read({**TOOL, "ts": time}, {**TOOL, "ts": time + "+09:00"}, text=zoned)

    assert isinstance(here, Event)
    assert here.at.isoformat() == "2026-07-01T07:00:00+00:00"
    assert isinstance(elsewhere, Event)
    assert elsewhere.at.isoformat() == "2026-07-01T00:00:00+00:00"


def test_a_time_without_a_zone_is_refused_where_the_map_has_none() -> None:
    (refused,) = read({**TOOL, "ts": "2026-07-01T09:00:00"})

    assert isinstance(refused, Rejected)
    assert "names no zone" in refused.reason
    assert "`zone` under [time]" in refused.hint
