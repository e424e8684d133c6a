"""A span of an agent becomes what it was asked, did and read."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from commonmode.events import (
    ActionTaken,
    ContentObserved,
    Event,
    Rejected,
    TaskDelegated,
    TaskEnded,
    kind_of,
)
from commonmode.formats import detect, get

SECOND = 10**9
START = 1_767_225_600 * SECOND


def attributes(**said: Any) -> list[dict[str, Any]]:
    """Write attributes as OTLP does; ``a__b`` is the key ``a.b``."""
    kinds = {str: "stringValue", bool: "boolValue", float: "doubleValue"}
    values = {
        key: {"intValue": str(value)} if type(value) is int else {kinds[type(value)]: value}
        for key, value in said.items()
    }
    return [{"key": k.replace("__", "."), "value": value} for k, value in values.items()]


def span(number: int, operation: str, parent: int | None = None, **said: Any) -> dict[str, Any]:
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": f"{number:016x}",
        **({} if parent is None else {"parentSpanId": f"{parent:016x}"}),
        "name": operation,
        "kind": 1,
        "startTimeUnixNano": str(START + number * SECOND),
        "endTimeUnixNano": START + number * SECOND + SECOND // 2,
        "attributes": attributes(gen_ai__operation__name=operation, **said),
    }


TOOL = span(
    3,
    "execute_tool",
    1,
    gen_ai__tool__name="send_money",
    gen_ai__tool__call__arguments='{"recipient": "P", "amount": 3}',
    gen_ai__tool__call__result='{"done": true}',
)
SPANS = [
    TOOL,
    span(2, "chat", 1, gen_ai__request__model="larch-2", gen_ai__response__model="larch-2-mini"),
    span(1, "invoke_agent", 0, gen_ai__agent__name="clerk", gen_ai__conversation__id="c9"),
    span(0, "invoke_agent", gen_ai__agent__id="boss", gen_ai__agent__name="The boss"),
    {**span(9, "x"), "attributes": attributes(http__method="GET")},
]


def batch(*spans: dict[str, Any], **resource: Any) -> dict[str, Any]:
    about = {"service__name": "bank", **resource}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(**about)},
                "scopeSpans": [{"scope": {"name": "my.library"}, "spans": list(spans or SPANS)}],
            }
        ]
    }


def read(*batches: Any, indent: int | None = None) -> list[Event | Rejected]:
    log = "\n".join(json.dumps(one, indent=indent) for one in batches)
    return list(get("otlp").read(BytesIO(log.encode()), "spans.jsonl"))


def action(*spans: dict[str, Any], **resource: Any) -> ActionTaken:
    [found] = (e for e in read(batch(*spans, **resource)) if isinstance(e, ActionTaken))
    return found


def test_spans_are_calls_what_they_returned_and_tasks() -> None:
    assert [kind_of(event) for event in read(batch()) if isinstance(event, Event)] == [
        "action_taken",
        "content_observed",
        "task_delegated",
        "task_ended",
        "task_delegated",
        "task_ended",
    ]


def test_a_call_has_the_agent_around_it_and_the_model_beside_it() -> None:
    call = action()

    assert (call.agent, call.model, call.family) == ("clerk", "larch-2-mini", "larch")
    assert call.run == "c9"
    assert (call.action, call.args) == ("send_money", {"recipient": "P", "amount": 3})
    assert (call.resource, call.side_effect, call.outcome) == ("P", "write", "ok")
    assert (call.at.isoformat(), call.duration_ms) == ("2026-01-01T00:00:03+00:00", 500.0)


def test_a_call_alone_in_its_batch_is_the_services() -> None:
    assert action(TOOL).agent == "bank"


def test_what_came_back_points_to_the_call() -> None:
    call, content, *_ = read(batch())

    assert isinstance(call, ActionTaken)
    assert isinstance(content, ContentObserved)
    assert (content.parent, content.content) == (call.id, '{"done":true}')


def test_an_agent_is_handed_its_task_by_the_one_around_it() -> None:
    tasks = [event for event in read(batch()) if isinstance(event, TaskDelegated)]

    assert [(t.agent, t.delegatee) for t in tasks] == [("boss", "clerk"), ("user", "boss")]
    assert [t.run for t in tasks] == ["c9", "5b8efff798038103d269b633813fc60c"]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({}, "ok"),
        ({"status": {"code": 1}}, "ok"),
        ({"status": {"code": 2, "message": "no"}}, "error"),
        ({"status": {"code": "STATUS_CODE_ERROR"}}, "error"),
    ],
)
def test_how_it_ended_is_read_off_the_status(said: dict[str, Any], outcome: str) -> None:
    assert action({**TOOL, **said}).outcome == outcome


def test_a_timeout_is_told_from_other_errors() -> None:
    late = span(3, "execute_tool", gen_ai__tool__name="t", error__type="TimeoutError")

    assert action(late).outcome == "timeout"


def test_attributes_of_our_own_fill_what_the_conventions_do_not_know() -> None:
    call = action(
        {**TOOL, "attributes": [*TOOL["attributes"], *attributes(commonmode__context="q/1")]},
        commonmode__operator="acme",
    )

    assert (call.context, call.operator) == ("q/1", "acme")


def test_an_indented_document_reads_as_its_line() -> None:
    assert read(batch(), indent=2) == read(batch())


def test_a_broken_span_is_refused_alone_and_can_be_read_again_after_a_fix() -> None:
    found = read(batch({**TOOL, "spanId": None}, *SPANS[1:]))
    [refused] = (record for record in found if isinstance(record, Rejected))

    assert "`spanId` must be a non-empty text; found None" in refused.reason
    assert str(refused.position) == "spans.jsonl:1"
    assert sum(isinstance(record, TaskEnded) for record in found) == 2
    assert detect(refused.payload, "").name == "otlp"


@pytest.mark.parametrize("time", ["soon", None, 2**80])
def test_a_time_that_is_none_is_refused(time: Any) -> None:
    [refused] = read(batch({**TOOL, "startTimeUnixNano": time}))

    assert isinstance(refused, Rejected)
    assert "nanoseconds since 1970" in refused.reason


def test_a_batch_of_another_shape_is_refused_with_what_is_wrong() -> None:
    [refused] = read({"resourceSpans": [{"scopeSpans": [{"spans": "none"}]}]})

    assert isinstance(refused, Rejected)
    assert "Expected `array`, got `str`" in refused.reason


@pytest.mark.parametrize("depth", [150, 400, 100_000])
def test_values_nested_without_end_stop_no_other_batch(depth: int) -> None:
    deep = '{"arrayValue":{"values":[' * depth + '{"intValue":1}' + "]}}" * depth
    tool = {**TOOL, "attributes": [*TOOL["attributes"], {"key": "deep", "value": "DEEP"}]}
    log = json.dumps(batch(tool)).replace('"DEEP"', deep) + "\n" + json.dumps(batch(TOOL))
    found = list(get("otlp").read(BytesIO(log.encode()), "log"))

    assert len(found) in (3, 4)
    assert found[-2:] == read(batch(TOOL))


def test_lists_and_maps_are_read_and_what_is_no_value_is_passed_over() -> None:
    args = {"values": [{"key": "to", "value": {"arrayValue": {"values": [{"intValue": "7"}]}}}]}
    more = [{"key": "gen_ai.tool.call.arguments", "value": {"kvlistValue": args}}, {"key": "x"}, 3]
    named = span(3, "execute_tool", gen_ai__tool__name="t")
    call = action({**named, "attributes": [*named["attributes"], *more]})

    assert call.args == {"to": [7]}


def test_reading_twice_gives_the_same_ids_and_no_id_twice() -> None:
    once = [event.id for event in read(batch()) if isinstance(event, Event)]

    assert once == [event.id for event in read(batch()) if isinstance(event, Event)]
    assert len(set(once)) == len(once)
