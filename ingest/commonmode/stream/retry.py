"""Rejected records, read once more: what is an event now is stored, and counts as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec
import pyarrow as pa
from msgspec import Struct

from commonmode.events import Event, MalformedEventError, Position, to_table
from commonmode.formats import Format, ReadOptions, UnknownFormatError, detect, get
from commonmode.store import Appended, Appender, Batch, BatchRefusedError, Reader

PAGE_ROWS = 5_000
PAGE_BYTES = 32 * 2**20
"""Of payloads held at a time, at most, or else of one."""

_PAGE = """
    WITH open AS (
        SELECT seq, octet_length(payload) AS size FROM rejected
        WHERE retried_at IS NULL AND seq > $after AND coalesce(topic = $source, true)
        ORDER BY seq LIMIT $rows
    ), page AS (
        SELECT seq FROM open QUALIFY sum(size) OVER (ORDER BY seq) <= $bytes
            OR row_number() OVER (ORDER BY seq) = 1
    )
    SELECT seq, topic, partition, "offset", payload FROM rejected SEMI JOIN page USING (seq)
    ORDER BY seq
"""


class OpenRecord(NamedTuple):
    """A rejected record that is no event yet."""

    seq: int
    position: Position
    payload: bytes


ReadAgain = Callable[[OpenRecord], list[Event]]
"""Turns an open record into its events; raises `MalformedEventError`."""


class Retried(Struct, frozen=True):
    """What became of open records: `retried` are events now, `rejected` are still none.

    `stored` and `duplicates` count events; one record may hold many. `reasons` are why not.
    """

    retried: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: tuple[str, ...] = ()

    def __add__(self, other: Retried) -> Retried:
        return Retried(
            self.retried + other.retried,
            self.stored + other.stored,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
            tuple(dict.fromkeys((*self.reasons, *other.reasons))),
        )


def as_today(form: Format | None = None, options: ReadOptions | None = None) -> ReadAgain:
    """Return how a record is read now.

    Parameters
    ----------
    form : Format, optional
        Its format; without one it is read as what it looks like.
    options : ReadOptions, optional
        What it does not say itself.
    """

    def read(record: OpenRecord) -> list[Event]:
        chosen = form or _recognised(record.payload)
        reader = chosen.reader(record.position.source, options or ReadOptions())
        return list(reader(record.payload))

    return read


def _recognised(payload: bytes) -> Format:
    try:
        return detect(payload, "")
    except UnknownFormatError:
        return get("canonical")


def retry(
    reader: Reader, appender: Appender, read: ReadAgain, source: str | None = None
) -> Iterator[Retried]:
    """Read every open record again, page by page; yield what became of each page.

    The events of a record are stored and the record marked in one transaction, so it happens
    once, however often this is called or killed. A record that is still none stays as it is.

    Parameters
    ----------
    reader, appender : Reader, Appender
        The store.
    read : callable
        How; see `as_today`.
    source : str, optional
        Only records of this topic or file.
    """
    after = 0
    while page := _open_records(reader, after, source):
        yield _retry_page(page, appender, read)
        after = page[-1].seq


def _open_records(reader: Reader, after: int, source: str | None) -> list[OpenRecord]:
    parameters = {"after": after, "source": source, "rows": PAGE_ROWS, "bytes": PAGE_BYTES}
    return [
        OpenRecord(seq, Position(topic, partition, offset), payload)
        for seq, topic, partition, offset, payload in reader.query(_PAGE, parameters).iter_rows()
    ]


class _Fresh(NamedTuple):
    """A record that is events now."""

    record: OpenRecord
    events: list[Event]


def _retry_page(page: Iterable[OpenRecord], appender: Appender, read: ReadAgain) -> Retried:
    fresh, done = [], Retried()
    for record in page:
        try:
            events = read(record)
        except MalformedEventError as error:
            done += _still(error.reason)
        else:
            if events:
                fresh.append(_Fresh(record, events))
            else:
                done += _still("there is no event in it.")
    return done + _store(fresh, appender)


def _still(reason: str) -> Retried:
    return Retried(rejected=1, reasons=(reason,))


def _store(fresh: list[_Fresh], appender: Appender) -> Retried:
    """Store what can be stored; halve until what cannot stands alone."""
    if not fresh:
        return Retried()
    try:
        stored = appender.append(_batch(fresh))
    except (BatchRefusedError, pa.ArrowException, OverflowError, UnicodeError) as error:
        if len(fresh) == 1:
            return _still(f"does not fit the store: {error}")
        middle = len(fresh) // 2
        return _store(fresh[:middle], appender) + _store(fresh[middle:], appender)
    return msgspec.structs.replace(_counted(stored), retried=len(fresh))


def _batch(fresh: list[_Fresh]) -> Batch:
    events = [event for each in fresh for event in each.events]
    places = [each.record.position for each in fresh for _ in each.events]
    return Batch(to_table(events, places), retried=[each.record.seq for each in fresh])


def _counted(appended: Appended) -> Retried:
    return Retried(stored=appended.stored, duplicates=appended.duplicates)
