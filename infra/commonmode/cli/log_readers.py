"""Several logs read at once, a process each as far as there are cores."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Self

import click
import msgspec

from commonmode.cli.log_file import Log
from commonmode.formats.parcel import Parcel, pack

WORTH_IT = 32 * 2**20
"""Bytes of logs below which starting processes takes longer than reading."""

_DONE = b"done"
_FAILED = b"failed:"
_decode = msgspec.msgpack.Decoder(Parcel).decode
_CONTEXT = get_context("spawn")


class LogReaderError(click.ClickException):
    """A process that read logs came to an end before they did."""

    exit_code = 2


def read_all(logs: Sequence[Log], readers: int | None = None) -> Iterator[Parcel]:
    """Yield all records of some files; each file's in their order, the files' in any.

    The processes hand over what they read as fast as it is taken, and end when nobody takes it.

    Parameters
    ----------
    logs : sequence of Log
        Files on disk, recognised.
    readers : int, optional
        How many processes; as many as there are cores, where not given.

    Raises
    ------
    LogReaderError
        When one of them cannot go on.
    """
    count = min(readers or len(os.sched_getaffinity(0)), len(logs))
    with ExitStack() as running:
        taken = [running.enter_context(_Reader(share)) for share in _shares(logs, count)]
        open_ends = {reader.end: reader for reader in taken}
        while open_ends:
            for end in wait(list(open_ends)):
                parcel = open_ends[end].next()  # type: ignore[index]  # wait is typed for sockets too
                if parcel is None:
                    del open_ends[end]  # type: ignore[arg-type]  # the same
                else:
                    yield parcel


def _shares(logs: Sequence[Log], count: int) -> list[list[Log]]:
    """Deal the logs out, the largest first, each to whoever has least."""
    shares: list[tuple[list[Log], list[int]]] = [([], []) for _ in range(count)]
    for log in sorted(logs, key=size_of, reverse=True):
        share, sizes = min(shares, key=lambda one: sum(one[1]))
        share.append(log)
        sizes.append(size_of(log))
    return [share for share, _ in shares]


def size_of(log: Log) -> int:
    """Return how many bytes a file has; 0 where that cannot be known."""
    try:
        return log.file.stat().st_size
    except OSError:
        return 0


class _Reader:
    """A process that reads its logs one after the other, and the end we hear it at."""

    def __init__(self, logs: list[Log]) -> None:
        self.end, theirs = _CONTEXT.Pipe(duplex=False)
        self._process: BaseProcess = _CONTEXT.Process(target=_read, args=(logs, theirs))
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        # A closed end is how it hears that nobody listens any more.
        self.end.close()
        self._process.join()

    def next(self) -> Parcel | None:
        """Return what it read next, None when it has read all."""
        try:
            message = self.end.recv_bytes()
        except EOFError:
            self._process.join()
            msg = f"a process reading logs ended with {self._process.exitcode}."
            raise LogReaderError(msg) from None
        if message.startswith(_FAILED):
            raise LogReaderError(message.removeprefix(_FAILED).decode())
        return None if message == _DONE else _decode(message)


def _read(logs: list[Log], to: Connection) -> None:
    # The terminal sends Ctrl-C to us as well; the one who listens decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        try:
            for log in logs:
                for parcel in pack(log.numbered(), str(log.file)):
                    to.send_bytes(msgspec.msgpack.encode(parcel))
        except (click.ClickException, OSError) as error:
            to.send_bytes(_FAILED + str(error).encode(errors="replace"))
        else:
            to.send_bytes(_DONE)
