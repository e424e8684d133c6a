"""Records of one log, ready to be stored: rows, and what is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from commonmode.events import (
    Event,
    Position,
    Rejected,
    Rows,
    decode,
    note_of,
    read_rows,
    read_strictly,
)
from commonmode.formats.base import Format, ReadOptions
from commonmode.formats.lines import Block

MOST = 10_000
"""Records of one sheet, where they come one by one."""

ROWS, SIZE = 200_000, 2**27
"""Records, and bytes of them, that are stored at once, where they are there at once.

From 122,880 rows on DuckDB writes them straight into its file, which takes half as long."""

LARGE = 2**16
"""Bytes of a record from which on an eighth of `SIZE` is stored at once.

Storing holds a text some eight times over, and larger sheets make nothing quicker then."""


class Sheet(NamedTuple):
    """Some records of one log: those that are rows, and those that are none.

    Parameters
    ----------
    table : pyarrow.Table
        Rows of schema `commonmode.events.EVENT_SCHEMA`, positions unknown.
    rejected : list of Rejected
        The records that are no rows.
    redacted : int
        How many of both had something taken out.
    """

    table: pa.Table
    rejected: list[Rejected]
    redacted: int

    @property
    def records(self) -> int:
        """How many records it holds."""
        return int(self.table.num_rows) + len(self.rejected)

    @property
    def size(self) -> int:
        """How many bytes they have, about."""
        return int(self.table.nbytes) + sum(len(each.payload) for each in self.rejected)


def sheets(
    records: Iterable[tuple[int, Event | Rejected]], source: str, most: int = MOST
) -> Iterator[Sheet]:
    """Lay numbered records out as rows, some at a time.

    An event that does not fit its columns is a rejected record.

    Examples
    --------
    >>> from commonmode.events import decode
    >>> one = decode('{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}')
    >>> [sheet.table.num_rows for sheet in sheets([(1, one)] * 5, "runs.jsonl", most=2)]
    [2, 2, 1]
    """
    waiting = iter(records)
    while some := list(islice(waiting, most)):
        yield _laid_out(some, source)


def sheet_of(form: Format, block: Block, source: str, options: ReadOptions) -> Sheet:
    r"""Lay a block out as rows; see `commonmode.events.read_rows`.

    Examples
    --------
    >>> from commonmode.formats import get
    >>> one = b'{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}'
    >>> block = Block(7, one + b"\n\n{\n")
    >>> sheet = sheet_of(get("canonical"), block, "runs.jsonl", ReadOptions())
    >>> sheet.table.num_rows, str(sheet.rejected[0].position)
    (1, 'runs.jsonl:9')
    """
    lines = form.lines_in(block) if form.may_pass(options) else None
    if lines is None:
        return _laid_out(list(form.numbered_in(block, source, options)), source)
    numbered = [(n, text) for n, text in enumerate(lines, block.first) if text and text.strip()]
    texts = [text for _, text in numbered]
    rows = read_rows(texts, lambda number: decode(texts[number]))
    return Sheet(rows.table, _refused(rows, source, [n for n, _ in numbered], texts), 0)


def gathered(sheets: Iterable[Sheet], rows: int = ROWS) -> Iterator[Sheet]:
    """Join sheets that follow each other into larger ones; each ends with what reaches `rows`.

    Examples
    --------
    >>> from commonmode.events import EVENT_SCHEMA
    >>> small = Sheet(pa.table([[None] * 3] * len(EVENT_SCHEMA), EVENT_SCHEMA.names), [], 1)
    >>> [(sheet.table.num_rows, sheet.redacted) for sheet in gathered([small] * 5, rows=6)]
    [(6, 2), (6, 2), (3, 1)]
    """
    waiting, records, size = list[Sheet](), 0, 0
    for sheet in sheets:
        waiting.append(sheet)
        records, size = records + sheet.records, size + sheet.size
        if records >= rows or size >= _most_bytes(records, size):
            yield _joined(waiting)
            waiting, records, size = [], 0, 0
    if waiting:
        yield _joined(waiting)


def _most_bytes(records: int, size: int) -> int:
    return SIZE // 8 if size >= LARGE * records else SIZE


def _joined(some: list[Sheet]) -> Sheet:
    return Sheet(
        pa.concat_tables([sheet.table for sheet in some]),
        [rejected for sheet in some for rejected in sheet.rejected],
        sum(sheet.redacted for sheet in some),
    )


def _laid_out(records: list[tuple[int, Event | Rejected]], source: str) -> Sheet:
    events = [(n, event) for n, event in records if not isinstance(event, Rejected)]
    rows = read_strictly(range(len(events)), lambda number: events[number][1])
    payloads = [repr(event).encode(errors="replace") for _, event in events if rows.unfit]
    unfit = _refused(rows, source, [n for n, _ in events], payloads)
    rejected = [record for _, record in records if isinstance(record, Rejected)]
    redacted = sum(bool(note_of(record)) for _, record in records)
    return Sheet(rows.table, rejected + unfit, redacted)


def _refused(rows: Rows, source: str, numbers: list[int], payloads: list[bytes]) -> list[Rejected]:
    return [
        Rejected(reason, hint, payloads[at], Position(source, None, numbers[at]))
        for at, reason, hint in rows.unfit
    ]
