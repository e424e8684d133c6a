"""Stores, their owners, and events to put into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from tests.store.samples import with_empty_store

from commonmode.store import (
    Appender,
    Batch,
    FlightServer,
    Reader,
    Writer,
    connect,
    open_writer,
)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """The direct writer of an empty store."""
    with Writer(with_empty_store(tmp_path)) as writer:
        yield writer


@pytest.fixture
def server(writer: Writer) -> Iterator[FlightServer]:
    """An owner that serves the store of `writer`."""
    with FlightServer(writer) as server:
        yield server


@pytest.fixture(params=["direct", "over Flight"])
def appender(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Appender]:
    """Every way to store a batch."""
    if request.param == "over Flight":
        request.getfixturevalue("server")
    else:
        with_empty_store(tmp_path)
    with open_writer(tmp_path) as appender:
        yield appender


@pytest.fixture
def ask(appender: Appender, tmp_path: Path) -> Iterator[Reader]:
    """A reader of the store of `appender`."""
    del appender
    with connect(tmp_path) as reader:
        yield reader


@pytest.fixture(params=["file", "over Flight"])
def reader_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Reader]]:
    """Every way to read: returns a reader of a store that holds the batches given."""
    with ExitStack() as opened:
        yield partial(_reader_of, opened, tmp_path, served=request.param == "over Flight")


def _reader_of(opened: ExitStack, folder: Path, *batches: Batch, served: bool) -> Reader:
    writer = Writer(with_empty_store(folder))
    for batch in batches:
        writer.append(batch)
    if served:
        opened.callback(writer.close)
        opened.enter_context(FlightServer(writer))
    else:
        writer.close()
    return opened.enter_context(connect(folder))
