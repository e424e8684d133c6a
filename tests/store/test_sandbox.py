"""Nobody writes, reads outside the store, changes a setting or takes the owner through a query."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pyarrow as pa
import pytest
from pyarrow import flight
from tests.store.attempts import BOUNDED, REFUSED
from tests.store.samples import actions, batch, with_empty_store

from commonmode.store import (
    FlightServer,
    QueryError,
    QueryRefusedError,
    Writer,
    connect,
    find_owner,
    open_writer,
    own_token,
    run_dir,
)
from commonmode.store.flight import messages
from commonmode.store.flight.faults import from_flight
from commonmode.store.flight.protobuf import pack, unpack

Ask = Callable[[str], Any]

ATTEMPTS = [
    pytest.param(sql, id=f"{aim}: {sql[:60]!r}") for aim, every in REFUSED.items() for sql in every
]
TAKINGS = [
    pytest.param(sql, id=f"{aim}: {sql[:60]!r}") for aim, every in BOUNDED.items() for sql in every
]

# Whoever looks for variables of the process by name must not find these.
owners_frame = pa.table({"token": ["hunter2"]}).to_pandas()
owners_table = pa.table({"token": ["hunter2"]})
owners_list = ["hunter2"]

EVERYTHING = """
    SELECT (SELECT list(id ORDER BY seq) FROM events) AS ids,
        (SELECT list(table_name ORDER BY table_name) FROM duckdb_tables()) AS tables,
        (SELECT list(view_name ORDER BY view_name) FROM duckdb_views()) AS views
"""


class Way(NamedTuple):
    """One way of asking a store, and the folder the store is in."""

    ask: Ask
    folder: Path


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Way]]:
    """A file, and an owner: asked directly and by prepared statements."""
    held, free = (tmp_path_factory.mktemp(name) for name in ("held", "free"))
    for folder in (held, free):
        (folder / "secret.csv").write_text("token\nhunter2\n")
        with Writer(with_empty_store(folder)) as writer:
            writer.append(batch(actions(3)))
    with (
        Writer(held) as writer,
        FlightServer(writer) as server,
        connect(held) as owner,
        connect(free) as file,
        closing(flight.connect(server.uri)) as client,
    ):
        yield [
            Way(file.query, free),
            Way(owner.query, held),
            Way(prepared(client, own_token(run_dir(held))), held),
        ]


def prepared(client: flight.FlightClient, token: str) -> Ask:
    """Ask as JDBC does: prepare, then plan, then fetch by the handle."""
    headers = [(b"authorization", f"Bearer {token}".encode())]
    options = flight.FlightCallOptions(headers=headers)

    def ask(sql: str) -> Any:
        try:
            request = pack(messages.ActionCreatePreparedStatementRequest(query=sql))
            action = flight.Action("CreatePreparedStatement", request)
            (result,) = client.do_action(action, options)
            told = unpack(result.body.to_pybytes())
            assert isinstance(told, messages.ActionCreatePreparedStatementResult)
            command = pack(
                messages.CommandPreparedStatementQuery(
                    prepared_statement_handle=told.prepared_statement_handle
                )
            )
            descriptor = flight.FlightDescriptor.for_command(command)
            (endpoint,) = client.get_flight_info(descriptor, options).endpoints
            return client.do_get(endpoint.ticket, options).read_all()
        except flight.FlightError as error:
            raise from_flight(error, "the owner") from error
        except UnicodeEncodeError as error:
            raise QueryError(str(error), "text") from error

    return ask


@pytest.fixture(scope="module")
def untouched(ways: list[Way]) -> pa.Table:
    """What the store holds before anyone tried anything."""
    return ways[-1].ask(EVERYTHING)


def test_there_are_more_than_two_hundred_attempts() -> None:
    assert len({str(each.values) for each in (*ATTEMPTS, *TAKINGS)}) >= 320


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_attempt_is_refused_and_changes_nothing(
    ways: list[Way], untouched: pa.Table, attempt: str
) -> None:
    for ask, folder in ways:
        names = {
            "secret": folder / "secret.csv",
            "folder": folder,
            "store": folder / "store.duckdb",
        }
        with pytest.raises(QueryError) as caught:
            ask(attempt.format(**names))

        assert caught.value.hint
        assert "hunter2" not in str(caught.value)
    assert ways[-1].ask(EVERYTHING) == untouched


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "FROM events LIMIT 1",
        "VALUES (1)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 9) FROM t",
        "EXPLAIN SELECT * FROM events",
        "explain /* why */ analyze SELECT count(*) FROM events",
        "-- a plan\nEXPLAIN (FORMAT json) FROM events",
        "EXPLAIN ANALYZE SELECT count(*) FROM events",
        "DESCRIBE events",
        "SUMMARIZE events",
        "SHOW TABLES",
        "SELECT comment FROM duckdb_tables()",
        "FROM information_schema.tables",
        "FROM duckdb_views",
        "PIVOT events ON kind IN ('action_taken')",
        "SELECT lpad(agent, 20, ' '), repeat('ab', 3), bar(seq, 0, 9) FROM events",
        "SELECT agent.upper() FROM events",
        "SELECT unnest(range(3)), j.value FROM json_each('[1, 2]') AS j",
        "SELECT 'DROP TABLE events; --', 'pg_sleep(1)', '((((' FROM events",
        'SELECT 1 AS "read_text", 2 AS query',
        "SELECT 1;",
    ],
)
def test_what_only_reads_is_answered(ways: list[Way], query: str) -> None:
    for ask, _ in ways:
        assert len(ask(query)) >= 1


def test_a_refusal_says_what_was_found_and_what_to_do(ways: list[Way]) -> None:
    for ask, _ in ways:
        with pytest.raises(QueryRefusedError, match=r"found DROP.*Hint: the store is read-only"):
            ask("DROP TABLE events")


MEMORY_MB = 1_200
QUERY_SECONDS = 1.0


class Ingest:
    """Appends to an owner as fast as it takes it, and notes how long each batch took."""

    def __init__(self, folder: Path) -> None:
        self.sent = 0
        self.slowest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folder,))
        self._thread.start()

    def _run(self, folder: Path) -> None:
        with open_writer(folder, may_own=False) as appender:
            while not self._stop.is_set():
                start = time.monotonic()
                self.sent += appender.append(batch(actions(10, first=self.sent))).stored
                self.slowest = max(self.slowest, time.monotonic() - start)
                time.sleep(0.02)

    def goes_on(self, before: int) -> bool:
        """Say whether more is stored than there was, or will be before long."""
        until = time.monotonic() + 10
        while self.sent == before and time.monotonic() < until:
            time.sleep(0.01)
        return self.sent > before

    def stop(self) -> None:
        """Finish the batch under way."""
        self._stop.set()
        self._thread.join()


class Owned(NamedTuple):
    """An owner in a process of its own, and what is stored there meanwhile."""

    process: psutil.Process
    folder: Path
    ingest: Ingest


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owned]:
    """An owner with small limits, and somebody who appends all the while."""
    folder = with_empty_store(tmp_path_factory.mktemp("owned"))
    command = [sys.executable, "-m", "commonmode.cli.main", "owner", "--data", str(folder)]
    limits = ["--memory", str(MEMORY_MB), "--query-seconds", str(QUERY_SECONDS)]
    with subprocess.Popen([*command, *limits], stderr=subprocess.DEVNULL) as process:
        try:
            while find_owner(run_dir(folder)) is None:
                assert process.poll() is None
                time.sleep(0.05)
            ingest = Ingest(folder)
            yield Owned(psutil.Process(process.pid), folder, ingest)
            ingest.stop()
        finally:
            process.terminate()


@pytest.mark.parametrize("attempt", TAKINGS)
def test_what_takes_too_much_is_stopped_and_storing_goes_on(owned: Owned, attempt: str) -> None:
    before = owned.ingest.sent
    with connect(owned.folder) as store, pytest.raises(QueryError) as caught:
        exhaust(store.batches(attempt.format()))

    assert caught.value.hint
    assert re.search(r"took longer than|(?i:memory)", caught.value.problem)
    assert owned.ingest.goes_on(before)
    assert owned.process.memory_info().rss < MEMORY_MB * 2**20


def exhaust(rows: pa.RecordBatchReader) -> None:
    """Fetch them all, and keep none."""
    for _ in rows:
        pass


def test_the_owner_has_lived_through_it_and_every_row_is_there(owned: Owned) -> None:
    owned.ingest.stop()

    with connect(owned.folder) as store:
        assert store.query("SELECT count(*), count(DISTINCT id) FROM events").row(0) == (
            (owned.ingest.sent,) * 2
        )
    assert owned.process.is_running()
    assert owned.ingest.slowest < 10
