"""However many rows are read, neither the client nor the owner holds them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from tests.clients.conftest import Served, java_client
from tests.clients.reading import CLIENTS, query
from tests.store.samples import with_empty_store

from commonmode.store import connect, find_owner, own_token, run_dir

ROOT = Path(__file__).parents[2]
SOME, MANY = 1_000_000, 10_000_000
"""Of 220 bytes each: a fifth of a GB, and over two."""

MOST_MB = 128
"""What may be under way: batches in the queues of two processes, and what allocators keep."""

JAVA_MOST_MB = 400
"""The heap of the Java client is limited to 256 MB, which it fills before it collects."""


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, psutil.Process]]:
    """An owner in a process of its own."""
    folder = with_empty_store(tmp_path_factory.mktemp("owner"))
    command = [sys.executable, "-m", "commonmode.cli.main", "owner", "--data", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 60
            while (address := find_owner(run_dir(folder))) is None:
                assert time.monotonic() < until
                time.sleep(0.05)
            with connect(folder) as store:
                # What the owner needs once and for all is no growth.
                store.query("FROM range(100_000)")
            yield Served(address.uri, own_token(run_dir(folder))), psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


class Growth:
    """By how many MB a process grew while it was watched."""

    mb = 0.0


@contextmanager
def growth(process: psutil.Process) -> Iterator[Growth]:
    """Watch the memory of a process."""
    grown, over = Growth(), threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        while not over.wait(0.02):
            grown.mb = max(grown.mb, (process.memory_info().rss - before) / 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield grown
    finally:
        over.set()
        thread.join()


def record(figures: str) -> None:
    """Show what was measured to who runs this with ``-s``."""
    sys.stdout.write(f"\n{figures}\n")


@pytest.mark.parametrize(
    ("client", "rows"),
    [("adbc", SOME), *(pytest.param(name, MANY, marks=pytest.mark.slow) for name in CLIENTS)],
)
def test_rows_stream_through_client_and_owner(
    owner: tuple[Served, psutil.Process], client: str, rows: int
) -> None:
    (uri, token), process = owner
    command = [sys.executable, "-m", "tests.clients.reading", client, uri, str(rows)]
    with growth(process) as owners:
        told = subprocess.run(
            command,
            env={**os.environ, "TOKEN": token},
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout.split()
    record(f"{client}: {rows} rows, client +{int(told[1])} MB, owner +{owners.mb:.0f} MB")

    assert int(told[0]) == rows
    assert int(told[1]) < MOST_MB
    assert owners.mb < MOST_MB


@pytest.mark.slow
def test_rows_stream_through_java(owner: tuple[Served, psutil.Process]) -> None:
    (uri, token), process = owner
    with java_client(uri, token) as java:
        java.count("FROM range(100_000)")
        with growth(process) as owners, growth(psutil.Process(java.process.pid)) as clients:
            assert java.count(query(MANY)) == MANY
    record(f"java: {MANY} rows, client +{clients.mb:.0f} MB, owner +{owners.mb:.0f} MB")

    assert clients.mb < JAVA_MOST_MB
    assert owners.mb < MOST_MB
