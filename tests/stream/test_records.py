from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.events import ActionTaken, MalformedEventError, Position, Rejected, encode
from commonmode.formats.cloudevents import to_kafka
from commonmode.stream.arrivals import Arrival, Arrivals
from commonmode.stream.dead_letter import DeadLetter, Stage, to_record
from commonmode.stream.records import decode_records, read_record

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EVENT = ActionTaken(id="e1", at=NOON, agent="a", action="buy", args={"x": 1})


def arrival(value: bytes | None, offset: int = 0, topic: str = "events") -> Arrival:
    return Arrival(Position(topic, 0, offset), {}, value)


def letter(stage: Stage) -> Arrival:
    refused = Rejected("not JSON", "", b"{", Position("runs.jsonl", None, 7))
    _, headers, value = to_record(DeadLetter(refused, stage))
    return Arrival(Position("rejected", 0, 0), headers, value)


def test_canonical_json_and_both_modes_of_cloudevents_give_the_same_event() -> None:
    headers, value = to_kafka(EVENT)
    structured = (
        b'{"specversion":"1.0","id":"e1","type":"commonmode.action_taken","source":"a",'
        b'"datacontenttype":"application/json","data":' + encode(EVENT) + b"}"
    )

    assert read_record({}, encode(EVENT)) == EVENT
    assert read_record(headers, value) == EVENT
    assert read_record({"content-type": b"application/cloudevents+json"}, structured) == EVENT


def test_a_record_without_a_value_is_refused() -> None:
    with pytest.raises(MalformedEventError, match="without a value"):
        read_record({}, None)


@given(st.lists(st.binary(max_size=30) | st.just(encode(EVENT)), max_size=30))
def test_every_record_becomes_a_row_or_a_rejected_record_with_its_bytes(
    values: list[bytes],
) -> None:
    decoded = decode_records(Arrivals.of(map(arrival, values, range(len(values)))), "rejected")

    offsets = decoded.table["offset"].to_pylist()
    back = dict(zip(offsets, decoded.payloads, strict=True))
    back |= {each.position.offset: each.payload for each in decoded.rejected}
    assert back == dict(enumerate(values))


def test_dead_letters_of_the_pipe_are_handed_on_and_those_of_the_sink_are_left_alone() -> None:
    many = Arrivals.of([letter("pipe"), arrival(encode(EVENT), 7), letter("sink")])

    decoded = decode_records(many, "rejected")

    assert [each.position for each in decoded.handed_on] == [Position("runs.jsonl", None, 7)]
    assert (decoded.table["offset"].to_pylist(), decoded.rejected) == ([7], [])


def test_a_row_refused_later_has_its_bytes_and_its_place() -> None:
    values = [encode(EVENT), b"{", encode(EVENT) + b" "]
    decoded = decode_records(Arrivals.of(map(arrival, values, range(3))), "rejected")

    refused = decoded.part(1, 2).refused(0, "does not fit")

    assert refused == Rejected("does not fit", "", values[2], Position("events", 0, 2))
