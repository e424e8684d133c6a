"""Who asked what from elsewhere: a line for each query, in a file that stays small."""

from __future__ import annotations

import logging
import os
import queue
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import QueueListener, RotatingFileHandler
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct

from commonmode.store.errors import StoreError

LARGEST_BYTES = 8 * 2**20
"""A full file becomes ``queries.jsonl.1``, in place of the one before it."""

LONGEST_SQL = 10_000
MOST_WAITING = 10_000

_TOKEN = re.compile(r"commonmode_[\w-]{20,}")


class Entry(Struct, frozen=True):
    """One query: whose token, when, what, how many rows left, how long, and why it was refused."""

    at: datetime
    name: str
    sql: str
    rows: int
    milliseconds: float
    refused: str | None


Note = Callable[[Entry], None]


class Asked:
    """A query from its start to its end.

    Parameters
    ----------
    note : callable
        Takes the entry.
    name : str
        Whose token was shown.
    sql : str
        What was asked; a token in it is left out, and only its first 10,000 characters are kept.
    """

    def __init__(self, note: Note, name: str, sql: str) -> None:
        self._note = note
        self._name = name
        self._sql = _TOKEN.sub("commonmode_…", sql)[:LONGEST_SQL]
        self._at = datetime.now(UTC)
        self._began = time.perf_counter()
        self.rows = 0

    @contextmanager
    def until_refused(self) -> Iterator[None]:
        """Note it when it is refused in here."""
        try:
            yield
        except StoreError as error:
            self._end(error)
            raise

    @contextmanager
    def until_done(self) -> Iterator[None]:
        """Note it when it ends in here, however."""
        try:
            yield
        except BaseException as error:
            self._end(error)
            raise
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        took = round(1_000 * (time.perf_counter() - self._began), 3)
        refused = _TOKEN.sub("commonmode_…", str(error)) if isinstance(error, StoreError) else None
        self._note(Entry(self._at, self._name, self._sql, self.rows, took, refused))


class QueryLog:
    """Writes entries from a thread of its own, so that no query waits for the disk.

    Parameters
    ----------
    path : path
        The file; only its owner may read it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._waiting: queue.Queue[logging.LogRecord] = queue.Queue(MOST_WAITING)
        self._file = _Private(path, maxBytes=LARGEST_BYTES, backupCount=1, encoding="utf-8")
        self._listener = QueueListener(self._waiting, self._file)
        self._listener.start()

    def note(self, entry: Entry) -> None:
        """Have it written; where the disk does not keep up, it waits for it."""
        line = msgspec.json.encode(entry).decode()
        self._waiting.put(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        """Write what waits, and end."""
        self._listener.stop()
        self._file.close()


class _Private(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        opened = open(  # noqa: SIM115 - Path.open takes no opener; the handler closes it
            self.baseFilename, self.mode, encoding=self.encoding, opener=_opener
        )
        return cast(TextIOWrapper, opened)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
