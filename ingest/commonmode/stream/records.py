"""Kafka records → rows: every record becomes an event or a rejected record, none is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from commonmode.events import (
    Event,
    MalformedEventError,
    Position,
    Redaction,
    Rejected,
    decode,
    read_rows,
    with_positions,
)
from commonmode.formats.cloudevents import from_kafka, is_cloudevent
from commonmode.stream.arrivals import Arrivals, Headers
from commonmode.stream.dead_letter import from_record


class Decoded(NamedTuple):
    """What a batch of records turned into.

    `payloads` are the bytes that each row of `table` was read from.
    `handed_on` are dead letters of earlier stages: they are stored, but not published again.
    """

    table: pa.Table
    payloads: Sequence[bytes | None]
    rejected: Sequence[Rejected]
    handed_on: Sequence[Rejected]

    def refused(self, row: int, reason: str) -> Rejected:
        """Return the rejected record that a row becomes when it cannot be stored after all."""
        (place,) = self.table.slice(row, 1).select(["topic", "partition", "offset"]).to_pylist()
        return Rejected(reason, "", self.payloads[row] or b"", Position(*place.values()))

    def part(self, start: int, end: int) -> Decoded:
        """Return some of the rows, and nothing of the rejected."""
        return Decoded(self.table.slice(start, end - start), self.payloads[start:end], (), ())


def read_record(headers: Headers, value: bytes | None) -> Event:
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


def decode_records(
    arrivals: Arrivals, dead_letters: str, redaction: Redaction | None = None
) -> Decoded:
    """Decode a batch; `dead_letters` is the topic whose records are rejected ones already."""
    letters = [number for number, topic in enumerate(arrivals.topics) if topic == dead_letters]
    if letters:
        others = sorted(set(range(len(arrivals))).difference(letters))
        decoded = _decode(arrivals.take(others), _handed_on(arrivals.take(letters)), redaction)
    else:
        decoded = _decode(arrivals, [], redaction)
    return decoded if redaction is None else _unsaid(decoded, redaction)


def _unsaid(decoded: Decoded, redaction: Redaction) -> Decoded:
    """Take out of the rest of a batch what its events say no more."""
    return decoded._replace(
        payloads=[None if each is None else redaction.payload(each) for each in decoded.payloads],
        rejected=[redaction.rejected(each) for each in decoded.rejected],
        handed_on=[redaction.rejected(each) for each in decoded.handed_on],
    )


def _decode(records: Arrivals, handed_on: list[Rejected], redaction: Redaction | None) -> Decoded:
    def read(number: int) -> Event:
        event = read_record(records.headers[number], records.values[number])
        return event if redaction is None else redaction.event(event)

    # The quick lane makes columns of payloads as they are, so what is redacted takes the other.
    quick = _plain_values(records) if redaction is None else [None] * len(records)
    rows = read_rows(quick, read)
    kept = records if len(rows.numbers) == len(records) else records.take(rows.numbers.tolist())
    table = with_positions(rows.table, kept.topics, kept.partitions, kept.offsets)
    rejected = [
        Rejected(reason, hint, value or b"", place)
        for number, reason, hint in rows.unfit
        for place, _, value in [records.record(number)]
    ]
    return Decoded(table, kept.values, rejected, handed_on)


def _plain_values(records: Arrivals) -> Sequence[bytes | None]:
    """Return the values that are canonical JSON or nothing; None for the others."""
    if not any(records.headers):
        return records.values
    pairs = zip(records.headers, records.values, strict=True)
    return [None if headers and is_cloudevent(headers) else value for headers, value in pairs]


def _handed_on(letters: Arrivals) -> list[Rejected]:
    read = (from_record(headers, value or b"", place) for place, headers, value in letters)
    return [letter.rejected for letter in read if letter.stage == "pipe"]
