"""The quick lane and the strict one: the same rows, and the same rejected for the same reasons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.strategies import any_wire_fields, json_values, names, wire_fields

from commonmode.events import KINDS, Event, Position, Rejected, decode, kind_of, with_positions
from commonmode.events.clean import read_clean
from commonmode.events.lanes import read_strictly
from commonmode.formats.cloudevents import to_kafka
from commonmode.stream.arrivals import Arrival, Arrivals, Headers
from commonmode.stream.records import decode_records, read_record

REQUIRED = {"id": "1", "at": "2026-01-01T00:00:00Z", "agent": "a"}


class Record(NamedTuple):
    """A record's headers and value; `clean` where the quick lane has to take it."""

    headers: Headers
    value: bytes | None
    clean: bool = False


def wire(**changes: Any) -> bytes:
    return json.dumps({"kind": "action_taken", **REQUIRED, **changes}).encode()


HOSTILE = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b"{" * 100_000,
    b'{"a":' * 100_000,
    b'{"id":',
    wire()[:-1],
    wire() + b"\n",
    wire() + b"\n" + wire(),
    wire() + b"," + wire(),
    wire().replace(b", ", b",\n"),
    wire(kind="nonsense"),
    wire(kind=None),
    wire(kind=["action_taken"]),
    wire()[:-1] + b',"kind":"task_ended"}',
    b'{"kind":"task_ended",' + wire()[1:],
    wire()[:-1] + b',"agent":"b"}',
    wire()[:-1] + b',"agent":""}',
    wire()[:-1] + b',"price":1,"price":"1"}',
    wire()[:-1] + b',"price":"1","price":1}',
    wire()[:-1] + b',"x":1,"x":2}',
    wire(id=""),
    wire(id=None),
    wire(id=7),
    wire(id="a\x00b"),
    wire(id="\ud800"),
    wire(agent="\u202eb\u200b"),
    wire()[:-1] + b',"model":"\xed\xa0\x80"}',
    wire()[:-1] + b',"model":"a\nb"}',
    wire(schema=1),
    wire(schema=0),
    wire(schema=2),
    wire(schema="1"),
    wire(schema=None),
    wire(schema=True),
    wire()[:-1] + b',"schema":1.0}',
    wire(extra=None),
    wire(extra={"x": 1}),
    wire(extra=[1]),
    wire(winner="b"),
    wire(winner=None),
    wire(unknown={"deep": [1, {"er": None}]}),
    wire(options=0),
    wire(options=True),
    wire(options=2**63 - 1),
    wire(options=2**63),
    wire()[:-1] + b',"options":1.0}',
    wire()[:-1] + b',"options":1e2}',
    wire(price=1),
    wire(price=10**30),
    wire(price=10**400),
    wire(price="1"),
    wire()[:-1] + b',"price":1e999}',
    wire()[:-1] + b',"price":NaN}',
    wire()[:-1] + b',"price":-0}',
    wire()[:-1] + b',"price":0.1000000000000000055511151231257827}',
    wire(outcome="fine"),
    wire(attempted=1),
    wire(at="2026-01-01T00:00:00"),
    wire(at="2026-01-01"),
    wire(at=1767225600),
    wire(at="2026-01-01 00:00:00.123456789+05:30"),
    wire(at="2026-12-31T23:59:60Z"),
    wire(at="0001-01-01T00:00:00Z"),
    wire(at="0001-01-01T00:00:00+10:00"),
    wire(at="9999-12-31T23:59:59.999999Z"),
    wire(at="9999-12-31T23:59:59-00:01"),
    wire(recorded_at="0001-01-01T00:00:00+00:01"),
    wire(kind="permission_granted", grant="g", actions=["a", None]),
    wire(kind="permission_granted", grant="g", actions=[], valid_until="9999-12-31T23:59:59-01:00"),
    wire(kind="permission_granted", actions=["a"]),
    wire(args=None),
    wire(args="\u2028<script>"),
    wire()[:-1] + b',"args":{"a":1,"a":2, "b" : 1.0, "c":1E5, "d":"\\u00e9\\/"}}',
    wire(args=10**400),
    wire(args=-(2**70)),
    wire()[:-1] + b',"args":1e999}',
    wire()[:-1] + b',"args":' + b"[" * 100 + b"]" * 100 + b"}",
    wire()[:-1] + b',"args":' + b"[" * 900 + b"]" * 900 + b"}",
    wire()[:-1] + b',"args":' + b"[" * 985 + b"]" * 985 + b"}",
    wire(content="[" * 5000),
    wire(kind="message_sent", content="x" * 2**20),
]
"""Made by hand to be read otherwise by a careless parser."""


def clean(fields: dict[str, Any]) -> Record:
    return Record({}, msgspec.json.encode(fields), clean=True)


def mutated(fields: dict[str, Any], strange: dict[str, Any], where: int, what: bytes) -> Record:
    payload = msgspec.json.encode(fields | strange)
    at = where % (len(payload) + 1)
    return Record({}, payload[:at] + what + payload[at + len(what) :])


def twice(first: dict[str, Any], second: dict[str, Any]) -> Record:
    both = msgspec.json.encode(first)[:-1] + b"," + msgspec.json.encode(second)[1:]
    return Record({}, both)


def of_tomorrow(fields: dict[str, Any]) -> Record:
    return Record({}, msgspec.json.encode({**fields, "schema": 2}))


def binary(fields: dict[str, Any]) -> Record:
    headers, value = to_kafka(decode(msgspec.json.encode(fields)))
    return Record(headers, value)


def structured(fields: dict[str, Any]) -> Record:
    envelope = {"specversion": "1.0", "id": "x", "type": "t", "source": "s", "data": fields}
    headers = {"content-type": b"application/cloudevents+json"}
    return Record(headers, msgspec.json.encode(envelope))


events = any_wire_fields.map(clean)
changes = st.dictionaries(names | st.sampled_from(["price", "at", "extra", "kind"]), json_values)
records = st.one_of(
    events,
    events,
    st.builds(mutated, any_wire_fields, changes, st.integers(0, 2000), st.binary(max_size=2)),
    st.builds(twice, any_wire_fields, any_wire_fields),
    st.builds(
        lambda fields: Record({}, msgspec.json.encode({**fields, "schema": 2})), any_wire_fields
    ),
    st.sampled_from(HOSTILE).map(lambda value: Record({}, value)),
    st.binary(max_size=40).map(lambda value: Record({}, value)),
    any_wire_fields.map(binary),
    any_wire_fields.map(structured),
    st.just(Record({}, None)),
    st.just(Record({"ce_type": b"t"}, wire())),
    st.just(Record({"x-other": b"t"}, wire(), clean=True)),
)


def by_the_strict_lane(arrivals: Arrivals) -> tuple[pa.Table, list[Rejected]]:
    """Read every record strictly: what is rejected, and why, is what this says."""

    def read(number: int) -> Event:
        return read_record(arrivals.headers[number], arrivals.values[number])

    rows = read_strictly(range(len(arrivals)), read)
    kept = arrivals.take(rows.numbers.tolist())
    table = with_positions(rows.table, kept.topics, kept.partitions, kept.offsets)
    refused = [
        Rejected(reason, hint, arrivals.values[number] or b"", arrivals.record(number).place)
        for number, reason, hint in rows.unfit
    ]
    return table, refused


def arrive(some: Sequence[Record]) -> Arrivals:
    return Arrivals.of(
        Arrival(Position("events", n % 3, n), headers, value)
        for n, (headers, value, _) in enumerate(some)
    )


@given(st.lists(records, max_size=12))
@example([Record({}, value) for value in HOSTILE])
def test_no_input_makes_the_lanes_differ(some: list[Record]) -> None:
    arrivals = arrive(some)
    table, refused = by_the_strict_lane(arrivals)

    decoded = decode_records(arrivals, "rejected")

    assert decoded.table.equals(table)
    assert decoded.rejected == refused
    assert decoded.payloads == [arrivals.values[n] for n in decoded.table["offset"].to_pylist()]
    _, quick = read_clean(arrivals.values)
    assert set(quick.tolist()) >= {n for n, record in enumerate(some) if record.clean}


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_a_clean_batch_takes_the_quick_lane_whole(kind: type[Event]) -> None:
    @given(st.lists(wire_fields(kind), min_size=1, max_size=5))
    def every_batch(many: list[dict[str, Any]]) -> None:
        payloads = [msgspec.json.encode(fields) for fields in many]

        table, numbers = read_clean(payloads)

        assert numbers.tolist() == list(range(len(many)))
        assert set(table["kind"].to_pylist()) == {kind_of(kind)}

    every_batch()


def test_a_bad_row_leaves_the_rows_around_it_in_the_quick_lane() -> None:
    payloads = [wire(id=str(n)) for n in range(3000)]
    bad = {7: b"{", 1500: wire(unknown=1), 2999: wire(at="0001-01-01T00:00:00+10:00")}
    for number, payload in bad.items():
        payloads[number] = payload

    _, numbers = read_clean(payloads)

    assert numbers.tolist() == [n for n in range(3000) if n not in bad]
