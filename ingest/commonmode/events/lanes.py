"""Payloads → rows by two lanes: quickly where a payload is clean, strictly where it is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from commonmode.events.clean import Numbers, read_clean
from commonmode.events.columns import EVENT_SCHEMA, to_table
from commonmode.events.errors import MalformedEventError
from commonmode.events.model import Event

Read = Callable[[int], Event]
"""The number of a payload → its event; raises `MalformedEventError`."""


class Unfit(NamedTuple):
    """A payload that is no row: its number, what is wrong with it, and what to do."""

    number: int
    reason: str
    hint: str


class Rows(NamedTuple):
    """What payloads turned into: every one is a row, or unfit, in their order.

    `numbers` says which payload each row is.
    """

    table: pa.Table
    numbers: Numbers
    unfit: list[Unfit]


def read_rows(payloads: Sequence[bytes | None], read: Read) -> Rows:
    """Read payloads by both lanes.

    The quick lane takes what it proves clean. All else is for `read`, one payload at a time,
    which alone decides what is rejected and why.

    Parameters
    ----------
    payloads : sequence of bytes
        Wire forms; None where only `read` can tell.
    read : callable
        The strict lane: the number of a payload → its event.

    Examples
    --------
    >>> from commonmode.events.codec import decode
    >>> one = b'{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}'
    >>> both = [one, b"{"]
    >>> rows = read_rows(both, lambda number: decode(both[number]))
    >>> rows.numbers.tolist(), [unfit.number for unfit in rows.unfit]
    ([0], [1])
    """
    table, numbers = read_clean(payloads)
    if len(numbers) == len(payloads):
        return Rows(table, numbers, [])
    doubtful = np.setdiff1d(np.arange(len(payloads)), numbers, assume_unique=True)
    strict = read_strictly(doubtful.tolist(), read)
    return _merged(Rows(table, numbers, []), strict)


def _merged(clean: Rows, strict: Rows) -> Rows:
    if not len(strict.numbers):
        return clean._replace(unfit=strict.unfit)
    numbers = np.concatenate([clean.numbers, strict.numbers])
    order = np.argsort(numbers)
    table = pa.concat_tables([clean.table, strict.table]).take(pa.array(order))
    return Rows(table, numbers[order], strict.unfit)


def read_strictly(numbers: Sequence[int], read: Read) -> Rows:
    """Read payloads one at a time: the strict lane alone."""
    events: list[Event] = []
    kept, unfit = [], []
    for number in numbers:
        try:
            events.append(read(number))
        except MalformedEventError as error:
            unfit.append(Unfit(number, error.reason, error.hint))
        else:
            kept.append(number)
    laid_out = _lay_out(events, kept)
    return laid_out._replace(unfit=sorted([*unfit, *laid_out.unfit]))


def _lay_out(events: Sequence[Event], numbers: Sequence[int]) -> Rows:
    """Turn events into columns; one that does not fit them is unfit, the others go on."""
    try:
        return Rows(to_table(events), np.array(numbers, np.int64), [])
    except (pa.ArrowException, OverflowError, UnicodeError, RecursionError) as error:
        if len(events) == 1:
            unfit = Unfit(numbers[0], f"does not fit the columns: {error}.", "")
            return Rows(EVENT_SCHEMA.empty_table(), np.empty(0, np.int64), [unfit])
    middle = len(events) // 2
    first = _lay_out(events[:middle], numbers[:middle])
    rest = _lay_out(events[middle:], numbers[middle:])
    return Rows(
        pa.concat_tables([first.table, rest.table]),
        np.concatenate([first.numbers, rest.numbers]),
        first.unfit + rest.unfit,
    )
