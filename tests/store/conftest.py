"""Stores, their owners, and events to put into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import trustme
from tests.store.certificates import Pair
from tests.store.samples import with_empty_store

from commonmode.store import (
    Appender,
    Batch,
    FlightServer,
    Reader,
    TokenBook,
    Writer,
    connect,
    open_writer,
    run_dir,
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


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A certificate for localhost."""
    folder = tmp_path_factory.mktemp("tls")
    made = Pair(folder / "ca.pem", folder / "store.pem", folder / "store.key")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(made.ca)
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(made.certificate)
    issued.private_key_pem.write_to_path(made.key)
    made.key.chmod(0o600)
    return made


@pytest.fixture
def book(tmp_path: Path) -> TokenBook:
    """The tokens of the store that is served."""
    return TokenBook(run_dir(tmp_path))
