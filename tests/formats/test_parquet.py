"""Events as columns: every row one event, or refused with its number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.events.test_redaction import KEY
from tests.strategies import any_wire_fields
from tests.stream.conftest import NOON, actions

from commonmode.events import (
    ContentObserved,
    Event,
    Redaction,
    Rejected,
    decode,
    from_fields,
    to_table,
)
from commonmode.formats import DamagedLogError, ReadOptions, UnknownFormatError, get
from commonmode.formats.parcel import pack_block
from commonmode.formats.sheet import sheet_of

PARQUET = get("parquet")
AT = NOON.isoformat()


def written(table: pa.Table, rows: int = 1_000) -> BytesIO:
    file = BytesIO()
    pq.write_table(table, file, row_group_size=rows)
    return BytesIO(file.getvalue())


def of_rows(rows: Sequence[Mapping[str, Any]]) -> BytesIO:
    names = list(dict.fromkeys(name for row in rows for name in row))
    whole = [{"kind": "action_taken", "at": NOON, "agent": "a", **row} for row in rows]
    every = list(dict.fromkeys(["kind", "at", "agent", *names]))
    return written(pa.table({name: [row.get(name) for row in whole] for name in every}))


def read(file: BytesIO) -> list[Event | Rejected]:
    return list(PARQUET.read(file, "events.parquet"))


def refused(file: BytesIO) -> dict[str, Rejected]:
    found = [record for record in read(file) if isinstance(record, Rejected)]
    return {str(record.position): record for record in found}


@given(st.lists(any_wire_fields.map(from_fields), min_size=1, max_size=6), st.integers(1, 5))
def test_events_laid_out_as_the_store_does_come_back(events: list[Event], rows: int) -> None:
    assert read(written(to_table(events), rows)) == events


@given(st.lists(any_wire_fields.map(from_fields), min_size=1, max_size=6), st.integers(1, 2_000))
def test_blocks_of_any_size_hold_the_same_rows(events: list[Event], size: int) -> None:
    table = to_table(events)
    whole = list(PARQUET.numbered(written(table), "log"))
    cut = [
        record
        for block in PARQUET.blocks(written(table), size)
        for record in PARQUET.numbered_in(block, "log")
    ]

    assert cut == whole


def test_nested_columns_are_nested_fields() -> None:
    (granted, acted) = read(
        of_rows(
            [
                {"id": "1", "kind": "permission_granted", "grant": "g", "actions": ["read", "buy"]},
                {"id": "2", "args": {"path": ["x", "y"], "n": 1}, "unknown": {"deep": True}},
            ]
        )
    )

    assert granted == from_fields(
        {"kind": "permission_granted", "id": "1", "at": AT, "agent": "a", "grant": "g"}
        | {"actions": ["read", "buy"]}
    )
    assert acted == from_fields(
        {"kind": "action_taken", "id": "2", "at": AT, "agent": "a"}
        | {"args": {"path": ["x", "y"], "n": 1}, "unknown": {"deep": True}}
    )


def test_text_in_a_column_of_a_nested_field_is_json() -> None:
    made = of_rows([{"id": "1", "args": '{"n": [1, 2]}', "extra": '{"x": "y"}'}])

    assert read(made) == [
        from_fields(
            {"kind": "action_taken", "id": "1", "at": AT, "agent": "a", "args": {"n": [1, 2]}}
            | {"x": "y"}
        )
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"id": None}, "`id`"),
        ({"id": ""}, "length"),
        ({"kind": "agent_slept"}, "agent_slept"),
        ({"agent": None}, "`agent`"),
        ({"at": None}, "`at`"),
        ({"price": float("nan")}, "malformed"),
        ({"price": float("inf")}, "malformed"),
        ({"options": -1}, "options"),
        ({"outcome": "fine"}, "outcome"),
        ({"args": "no JSON"}, "needed JSON|malformed"),
        ({"args": '1,"agent":"b"'}, "needed JSON|malformed"),
        ({"args": "[" * 100_000}, "needed JSON|malformed"),
    ],
    ids=str,
)
def test_a_bad_row_is_refused_alone_with_its_number_and_a_reason(
    bad: dict[str, Any], reason: str
) -> None:
    good = {"price": 1.0, "options": 2, "outcome": "ok", "args": '{"n": 1}'}
    rows: list[dict[str, Any]] = [{"id": str(n), **good} for n in range(4)]
    rows[2] |= bad
    records = read(of_rows(rows))

    assert [record.id for record in records if isinstance(record, Event)] == ["0", "1", "3"]
    (found,) = [record for record in records if isinstance(record, Rejected)]
    assert str(found.position) == "events.parquet:3"
    assert found.payload
    assert re.search(reason, found.reason)


def test_text_that_is_no_utf_8_is_refused_and_bytes_that_are_text_are_read() -> None:
    agents = [b"a", b'\xff","agent":"b', b"c"]
    for kind in (pa.binary(), pa.string(), pa.large_string()):
        offsets = pa.array(agents, pa.large_binary() if kind == pa.large_string() else pa.binary())
        agent = pa.Array.from_buffers(kind, 3, offsets.buffers())
        made = pa.table(
            {"id": ["1", "2", "3"], "kind": ["task_ended"] * 3, "at": [NOON] * 3, "agent": agent}
        )

        assert list(refused(written(made))) == ["events.parquet:2"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_every_unit_and_zone_are_the_same_instant(unit: str) -> None:
    at = pa.array([NOON], pa.timestamp(unit, "Asia/Kolkata"))
    made = pa.table({"id": ["1"], "kind": ["task_ended"], "at": at, "agent": ["a"]})

    assert [record.at for record in read(written(made)) if isinstance(record, Event)] == [NOON]


def test_a_time_without_a_zone_is_refused() -> None:
    made = of_rows([{"id": "1", "at": NOON.replace(tzinfo=None)}])

    assert "timezone" in refused(made)["events.parquet:1"].reason


def test_what_the_store_adds_to_its_events_is_not_of_them() -> None:
    events = list(actions(3))
    added = to_table(events).append_column("seq", [[1, 2, 3]])
    added = added.append_column("ingested_at", [[NOON] * 3])
    added = added.append_column("agent_digest", [[7] * 3])

    assert read(written(added)) == events
    (of_another,) = read(of_rows([{"id": "1", "seq": 7}]))
    assert isinstance(of_another, Event)
    assert of_another.extra == {"seq": 7}


def test_a_file_without_a_needed_column_is_refused_whole() -> None:
    with pytest.raises(UnknownFormatError, match="agent missing among id, kind, at, role"):
        read(written(to_table(list(actions(3))).select(["id", "kind", "at", "role"])))


def test_rows_of_nothing_but_null_are_refused_each() -> None:
    nothing = {"id": None, "kind": None, "at": None, "agent": None}

    assert list(refused(of_rows([nothing] * 3))) == [f"events.parquet:{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize("cut", [10, 500, -20])
def test_a_file_that_was_cut_is_damaged(cut: int) -> None:
    whole = written(to_table(list(actions(300)))).getvalue()

    with pytest.raises(DamagedLogError):
        read(BytesIO(whole[:cut]))


def test_rows_are_sent_as_lines_and_stored_as_rows_alike() -> None:
    events = [*actions(50), ContentObserved(id="c", at=NOON, agent="a", content="x\ny")]
    (block,) = PARQUET.blocks(written(to_table(events)), 2**30)

    parcel = pack_block(PARQUET, block, "log", ReadOptions())
    sheet = sheet_of(PARQUET, block, "log", ReadOptions())

    assert [decode(value) for _, _, value in parcel.events] == events
    assert sheet.table.equals(to_table(events))


def test_what_is_to_be_taken_out_is() -> None:
    (block,) = PARQUET.blocks(of_rows([{"id": "1", "args": '{"to": "a@b.example"}'}]), 2**30)
    options = ReadOptions(redaction=Redaction("content", KEY))

    parcel = pack_block(PARQUET, block, "log", options)

    assert parcel.redacted == 1
    assert "a@b.example" not in str(parcel)


def test_a_large_row_group_is_read_in_bounded_memory() -> None:
    text = [f"{n:0>2000}" for n in range(20_000)]
    made = pa.table(
        {"id": text, "kind": ["task_ended"] * 20_000, "at": [NOON] * 20_000, "agent": text}
    )
    file, whole = written(made, rows=20_000), made.nbytes
    del made
    before, most = pa.total_allocated_bytes(), 0
    for _ in PARQUET.blocks(file, 2**20):
        most = max(most, pa.total_allocated_bytes() - before)

    assert 0 < most < whole / 4
