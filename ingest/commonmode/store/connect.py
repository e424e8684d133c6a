"""Getting to a store without knowing whether a process owns it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from commonmode.store.batch import Appender
from commonmode.store.errors import StoreHeldError, StoreUnreachableError
from commonmode.store.execution import Parameters
from commonmode.store.file_reader import CursorReader, FileReader
from commonmode.store.flight.address import Address, find_owner, read_token
from commonmode.store.flight.client import FlightAppender, FlightReader
from commonmode.store.layout import run_dir, store_path
from commonmode.store.reader import Reader
from commonmode.store.writer import OPEN, Writer

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds to wait for a process that holds the file to end, or to start answering."""


class StoreReader(Reader):
    """Asks the owner while there is one and opens the file while there is none.

    The choice is made anew for every query, so a reader outlives owners that come and go.
    """

    def __init__(self, data_dir: Path | str | None = None) -> None:
        self._path = store_path(data_dir).resolve()
        self._flight: tuple[Address, FlightReader] | None = None

    def batches(self, sql: str, parameters: Parameters = None) -> pa.RecordBatchReader:
        """See `Reader.batches`."""
        return _patiently(lambda: self._reader().batches(sql, parameters))

    def _reader(self) -> Reader:
        owner = find_owner(run_dir(self._path))
        if owner is None:
            writer = OPEN.get(self._path)
            if writer is not None and writer.is_open:
                return CursorReader(writer)
            return FileReader(self._path)
        if self._flight is None or self._flight[0] != owner:
            self.close()
            self._flight = (owner, FlightReader(owner, read_token(run_dir(self._path))))
        return self._flight[1]

    def close(self) -> None:
        """Hang up, where there is someone on the line."""
        if self._flight is not None:
            self._flight[1].close()
            self._flight = None


def connect(
    data: Path | str | None = None, *, token: str | None = None, ca: Path | str | None = None
) -> Reader:
    """Return a reader of the store of a data folder, or of one that is served elsewhere.

    Parameters
    ----------
    data : path or str, optional
        The data folder, `default_data_dir` when not given; or ``grpc+tls://host:port``.
    token : str, optional
        A token with a name, for an address; ``COMMONMODE_TOKEN`` when not given.
    ca : path, optional
        Certificates (PEM) of the authority to trust, for an address.

    Returns
    -------
    Reader
        Asks the process that owns the store, or opens the file where none does.

    Raises
    ------
    StoreUnreachableError
        For an address without TLS: the token could be read on the way.
    """
    address = str(data)
    if address.startswith("grpc+tls://"):
        shown = os.environ.get("COMMONMODE_TOKEN", "") if token is None else token
        return FlightReader(address, shown, Path(ca).read_bytes() if ca is not None else None)
    if "://" in address:
        msg = f"needed a data folder or an address grpc+tls://HOST:PORT; found {address}."
        raise StoreUnreachableError(msg)
    return StoreReader(data)


def own(data: Path | str | None = None, memory_limit: str | None = None) -> Writer:
    """Take the store's file for this process; whoever reads it at the moment is waited for.

    Parameters
    ----------
    data : path, optional
        The data folder; `default_data_dir` when not given.
    memory_limit : str, optional
        What DuckDB may use altogether, e.g. ``"4GB"``; its default is 80 % of the machine's.

    Raises
    ------
    StoreUnreachableError, StoreVersionError
        When another process keeps the file, or it is no store of this version.
    """
    return _patiently(lambda: Writer(store_path(data), memory_limit=memory_limit))


def open_writer(data: Path | str | None = None, *, may_own: bool = True) -> Appender:
    """Return who stores batches: the process that owns the store, or this one if none does.

    Parameters
    ----------
    data : path, optional
        The data folder; `default_data_dir` when not given.
    may_own : bool
        False: an owner that is away is coming back, and must not find its file taken.

    Raises
    ------
    StoreUnreachableError, StoreVersionError
        When another process holds the file without answering, it is no store of this version, or
        nobody owns it and this process may not.
    """
    return _patiently(lambda: _appender(store_path(data).resolve(), may_own=may_own))


def _appender(path: Path, *, may_own: bool) -> Appender:
    owner = find_owner(run_dir(path))
    if owner is not None:
        return FlightAppender(owner, read_token(run_dir(path)))
    if not may_own:
        msg = f"the owner of the store {path} is away."
        raise StoreUnreachableError(msg)
    return Writer(path)


def _patiently(attempt: Callable[[], T]) -> T:
    """Try until it works: whoever holds the file may be about to answer, or to end."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return attempt()
        except StoreHeldError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
