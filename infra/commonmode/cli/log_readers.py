"""Logs read by every core: cut into pieces, each read alone, what they hold handed on in order."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import repeat
from multiprocessing import get_context, parent_process
from typing import TypeVar

import click
from msgspec import Struct

from commonmode.cli.log_file import Log
from commonmode.events import EVENT_SCHEMA, Rejected
from commonmode.formats.lines import Block
from commonmode.formats.parcel import Parcel, pack, pack_block
from commonmode.formats.sheet import Sheet, sheet_of, sheets

WORTH_IT = 128 * 2**20
"""Bytes of logs below which to start processes takes longer than to read."""

WHOLE = 8 * 2**20
"""Bytes of a file that is read whole by one process, where it cannot be cut."""

AHEAD = 2
"""Pieces a process has before it or behind it while what they hold is waited for in order."""

T = TypeVar("T")


class LogReaderError(click.ClickException):
    """A process that read logs came to an end before they did."""

    exit_code = 2


class Piece(Struct, frozen=True):
    """What can be read alone: a block of a log, what is wrong with the log, or all of it."""

    log: Log
    block: Block | Rejected | None = None


def pieces(logs: Iterable[Log], size: int) -> Iterator[Piece]:
    """Cut recognised logs into pieces of about `size` bytes, however many read them."""
    for log in logs:
        if log.form is not None and log.form.in_blocks:
            yield from map(Piece, repeat(log), log.blocks(size))
        else:
            yield Piece(log)


def parcels_of(piece: Piece) -> Iterator[Parcel]:
    """Yield what a piece holds, ready to be sent."""
    log, source = piece.log, str(piece.log.file)
    match piece.block:
        case Block() as block if log.form is not None:
            yield pack_block(log.form, block, source, log.options)
        case Rejected() as rejected:
            yield Parcel(source, [], [rejected])
        case _:
            yield from pack(log.numbered(), source)


def sheets_of(piece: Piece) -> Iterator[Sheet]:
    """Yield what a piece holds, ready to be stored."""
    log, source = piece.log, str(piece.log.file)
    match piece.block:
        case Block() as block if log.form is not None:
            yield sheet_of(log.form, block, source, log.options)
        case Rejected() as rejected:
            yield Sheet(EVENT_SCHEMA.empty_table(), [rejected], 0)
        case _:
            yield from sheets(log.numbered(), source)


def read_all(
    read: Callable[[Piece], Iterator[T]], some: Iterable[Piece], readers: int | None = None
) -> Iterator[T]:
    """Yield what pieces hold, in their order, read by processes beside this one.

    They read ahead only as far as what they read is taken, and end when nobody takes it.

    Parameters
    ----------
    read : callable
        Reads a piece; `parcels_of` or `sheets_of`.
    some : iterable of Piece
        What to read.
    readers : int, optional
        How many processes; as many as there are cores, where not given.

    Raises
    ------
    LogReaderError
        When one of them cannot go on.
    """
    count = readers or cores()
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin)
    waiting: deque[Future[list[T]]] = deque()
    try:
        for piece in some:
            if _is_large(piece):
                yield from _taken(waiting, 0)
                yield from read(piece)
                continue
            waiting.append(pool.submit(_read, read, piece))
            yield from _taken(waiting, AHEAD * count)
        yield from _taken(waiting, 0)
    except BrokenProcessPool as error:
        msg = f"a process reading logs ended before its log did: {error}"
        raise LogReaderError(msg) from error
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def size_of(logs: Sequence[Log]) -> int:
    """Return how many bytes files have together, as far as that can be known."""
    return sum(map(_size, logs))


def _size(log: Log) -> int:
    try:
        return log.file.stat().st_size
    except OSError:
        return 0


def _is_large(piece: Piece) -> bool:
    return piece.block is None and _size(piece.log) > WHOLE


def _taken(waiting: deque[Future[list[T]]], most: int) -> Iterator[T]:
    while len(waiting) > most:
        yield from waiting.popleft().result()


def _read(read: Callable[[Piece], Iterator[T]], piece: Piece) -> list[T]:
    return list(read(piece))


def _begin() -> None:
    # The terminal sends Ctrl-C to us as well; the one who listens decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A parent that was killed cannot tell its processes to end.
    if (parent := parent_process()) is not None:
        parent.join()
    os._exit(1)
