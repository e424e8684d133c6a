"""Kafka records → rows: every record becomes an event or a rejected record, none is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa

from commonmode.events import (
    EVENT_SCHEMA,
    Event,
    MalformedEventError,
    Position,
    Rejected,
    decode,
    to_table,
)
from commonmode.formats.cloudevents import from_kafka, is_cloudevent
from commonmode.stream.dead_letter import from_record


class Arrival(NamedTuple):
    """One record as it came from the log."""

    place: Position
    headers: Mapping[str, bytes]
    value: bytes | None


class Row(NamedTuple):
    """An event, where it stood, and the bytes it was read from."""

    event: Event
    place: Position
    payload: bytes

    def refused(self, reason: str) -> Rejected:
        """Return the rejected record it becomes when it cannot be stored after all."""
        return Rejected(reason, "", self.payload, self.place)


class Decoded(NamedTuple):
    """What a batch of records turned into.

    `handed_on` are dead letters of earlier stages: they are stored, but not published again.
    """

    rows: list[Row]
    rejected: list[Rejected]
    handed_on: list[Rejected]


def read_record(headers: Mapping[str, bytes], value: bytes | None) -> Event:
    """Read one record: canonical JSON, or a CloudEvent in binary or structured mode.

    Raises
    ------
    MalformedEventError
        When it is neither.
    """
    if value is None:
        msg = "needed an event; found a record without a value."
        raise MalformedEventError(msg, "the log keeps every event; tombstones mean nothing to it")
    if headers and is_cloudevent(headers):
        return from_kafka(headers, value)
    return decode(value)


def decode_records(arrivals: Iterable[Arrival], dead_letters: str) -> Decoded:
    """Decode a batch; `dead_letters` is the topic whose records are rejected ones already."""
    decoded = Decoded([], [], [])
    for arrival in arrivals:
        place, headers, value = arrival
        if place.source == dead_letters:
            letter = from_record(headers, value or b"", place)
            if letter.stage == "pipe":
                decoded.handed_on.append(letter.rejected)
            continue
        try:
            event = read_record(headers, value)
        except MalformedEventError as error:
            decoded.rejected.append(Rejected(error.reason, error.hint, value or b"", place))
        else:
            decoded.rows.append(Row(event, place, value or b""))
    return decoded


class LaidOut(NamedTuple):
    """Rows that fit the store's columns, with those columns, and what became of the others."""

    rows: list[Row]
    table: pa.Table
    refused: list[Rejected]


def lay_out(rows: list[Row]) -> LaidOut:
    """Turn rows into columns; a row that does not fit them is rejected, the others go on."""
    try:
        return LaidOut(rows, _table(rows), [])
    except (pa.ArrowException, OverflowError, UnicodeError) as error:
        if len(rows) == 1:
            refused = rows[0].refused(f"does not fit the columns: {error}.")
            return LaidOut([], EVENT_SCHEMA.empty_table(), [refused])
    middle = len(rows) // 2
    first, rest = lay_out(rows[:middle]), lay_out(rows[middle:])
    table = pa.concat_tables([first.table, rest.table])
    return LaidOut(first.rows + rest.rows, table, first.refused + rest.refused)


def _table(rows: list[Row]) -> pa.Table:
    return to_table([row.event for row in rows], [row.place for row in rows])
