"""The owner as other people's tools meet it: ADBC, Polars, tokens, limits."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import adbc_driver_flightsql.dbapi as flight_sql
import polars as pl
import pytest
from adbc_driver_manager import Error as AdbcError
from pyarrow import flight
from tests.store.samples import actions, batch, with_empty_store

from commonmode.store import (
    FlightReader,
    FlightServer,
    Limits,
    QueryError,
    QueryTooLargeError,
    Reader,
    StoreUnreachableError,
    Writer,
    connect,
    find_owner,
    open_writer,
    own_token,
    run_dir,
)

SLOW = "SELECT count(*) FROM range(1_000_000) AS a(i), range(1_000_000) AS b(j) WHERE i * j = 7"


def token_of(server: FlightServer, folder: Path) -> str:
    del server
    return (folder / "run" / "token").read_text().strip()


@pytest.fixture
def adbc(server: FlightServer, writer: Writer, tmp_path: Path) -> Iterator[flight_sql.Connection]:
    """An ADBC connection to a store of twenty thousand actions."""
    writer.append(batch(actions(20_000)))
    bearer = f"Bearer {token_of(server, tmp_path)}"
    options = {"adbc.flight.sql.authorization_header": bearer}
    with flight_sql.connect(server.uri, options, autocommit=True) as connection:
        yield connection


class TestAdbc:
    def test_it_runs_a_query(self, adbc: flight_sql.Connection) -> None:
        with adbc.cursor() as cursor:
            cursor.execute("SELECT agent, count(*) AS n FROM action_taken GROUP BY ALL")
            assert cursor.fetchall() == [("a", 20_000)]

    def test_it_binds_parameters_of_a_prepared_statement(self, adbc: flight_sql.Connection) -> None:
        with adbc.cursor() as cursor:
            for seq in (3, 4):
                cursor.execute("SELECT id FROM events WHERE seq = ? AND agent = ?", (seq, "a"))
                assert cursor.fetchall() == [(f"event-{seq - 1}",)]

    def test_it_lists_tables_with_their_columns(self, adbc: flight_sql.Connection) -> None:
        (catalog,) = adbc.adbc_get_objects(depth="all").read_all().to_pylist()
        (schema,) = catalog["catalog_db_schemas"]
        tables = {table["table_name"]: table for table in schema["db_schema_tables"]}

        assert (catalog["catalog_name"], schema["db_schema_name"]) == ("store", "main")
        assert tables["events"]["table_type"] == "TABLE"
        assert tables["findings"]["table_type"] == "VIEW"
        columns = [column["column_name"] for column in tables["truth"]["table_columns"]]
        assert columns[:3] == ["phenomenon", "subject", "label"]

    def test_it_finds_tables_by_pattern(self, adbc: flight_sql.Connection) -> None:
        found = adbc.adbc_get_objects(depth="tables", table_name_filter="permission_%")
        (catalog,) = found.read_all().to_pylist()

        names = [t["table_name"] for t in catalog["catalog_db_schemas"][0]["db_schema_tables"]]
        assert names == ["permission_granted", "permission_revoked"]

    def test_it_learns_what_the_server_can_do(self, adbc: flight_sql.Connection) -> None:
        assert adbc.adbc_get_info()["vendor_name"] == "commonmode"
        assert adbc.adbc_get_table_types() == ["TABLE", "VIEW"]
        assert "agent" in adbc.adbc_get_table_schema("events").names

    def test_it_is_told_why_a_statement_is_refused(self, adbc: flight_sql.Connection) -> None:
        with adbc.cursor() as cursor, pytest.raises(AdbcError, match="only SELECT and EXPLAIN"):
            cursor.execute("DROP TABLE events")

    def test_it_cannot_write_through_bulk_ingestion(self, adbc: flight_sql.Connection) -> None:
        rows = pl.DataFrame({"id": ["x"]}).to_arrow()
        with adbc.cursor() as cursor, pytest.raises(AdbcError):
            cursor.adbc_ingest("events", rows, mode="append")

        assert connect_count(adbc) == 20_000

    def test_polars_reads_frames_through_it(self, adbc: flight_sql.Connection) -> None:
        frame = pl.read_database("SELECT seq, id FROM events ORDER BY seq", adbc)

        assert frame.height == 20_000
        assert frame.row(0) == (1, "event-0")

    def test_equal_column_names_stay_equal(self, adbc: flight_sql.Connection) -> None:
        with adbc.cursor() as cursor:
            cursor.execute("SELECT 1 AS a, 2 AS a")
            assert [column[0] for column in cursor.description or []] == ["a", "a"]


def connect_count(adbc: flight_sql.Connection) -> int:
    with adbc.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events")
        ((count,),) = cursor.fetchall()
    return int(count)


class TestToken:
    def test_a_password_serves_as_well_as_a_bearer(
        self, server: FlightServer, tmp_path: Path
    ) -> None:
        login = {"username": "anyone", "password": token_of(server, tmp_path)}
        with (
            flight_sql.connect(server.uri, login, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT 42")
            assert cursor.fetchall() == [(42,)]

    @pytest.mark.parametrize("header", [None, b"Bearer wrong", b"Basic ", b"Basic !", b"x", b""])
    def test_without_it_nothing_is_answered(
        self, server: FlightServer, header: bytes | None
    ) -> None:
        headers = [] if header is None else [(b"authorization", header)]
        options = flight.FlightCallOptions(headers=headers)
        with closing(flight.connect(server.uri)) as client:
            with pytest.raises(flight.FlightUnauthenticatedError, match="run/token"):
                client.do_get(flight.Ticket(b"x"), options)
            with pytest.raises(flight.FlightUnauthenticatedError):
                list(client.do_action(flight.Action("CreatePreparedStatement", b""), options))

    def test_its_file_is_private_and_stays_the_same(self, tmp_path: Path) -> None:
        token = own_token(tmp_path)

        assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
        assert own_token(tmp_path) == token

    def test_one_that_others_could_read_is_replaced(self, tmp_path: Path) -> None:
        token = own_token(tmp_path)
        (tmp_path / "token").chmod(0o644)

        assert own_token(tmp_path) != token
        assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600

    def test_a_wrong_one_is_explained(self, server: FlightServer) -> None:
        assert server.address is not None
        with (
            FlightReader(server.address, "wrong") as reader,
            pytest.raises(StoreUnreachableError, match="did not accept the token"),
        ):
            reader.query("SELECT 1")


class TestAddress:
    def test_it_comes_and_goes_with_the_owner(self, writer: Writer, tmp_path: Path) -> None:
        with FlightServer(writer) as server:
            told = json.loads((tmp_path / "run" / "flight.json").read_text())
            assert told["host"] == "127.0.0.1"
            assert told["uri"] == server.uri
            assert find_owner(run_dir(tmp_path)) == server.address

        assert find_owner(run_dir(tmp_path)) is None
        assert not (tmp_path / "run" / "flight.json").exists()

    def test_one_that_a_dead_owner_left_is_seen_through(self, writer: Writer) -> None:
        with FlightServer(writer) as server:
            left = (run_dir(writer.path) / "flight.json").read_bytes()
            assert server.uri
        (run_dir(writer.path) / "flight.json").write_bytes(left)
        writer.append(batch(actions(2)))
        writer.close()

        with connect(writer.path) as store:
            assert store.last_seq() == 2

    def test_a_reader_outlives_owners(self, tmp_path: Path) -> None:
        with connect(tmp_path) as store:
            for count in (1, 2):
                with Writer(tmp_path) as writer, FlightServer(writer):
                    writer.append(batch(actions(count)))
                    assert store.last_seq() == count
                assert store.last_seq() == count


@pytest.fixture
def bounded(tmp_path: Path) -> Iterator[Callable[..., FlightServer]]:
    """Makes an owner with limits."""
    started: list[FlightServer] = []
    with Writer(with_empty_store(tmp_path), memory_limit="200MB") as writer:
        writer.append(batch(actions(10)))

        def start(**limits: object) -> FlightServer:
            server = FlightServer(writer, limits=Limits(**limits))  # type: ignore[arg-type]
            server.start()
            started.append(server)
            return server

        yield start
        for server in started:
            server.shutdown()


class TestLimits:
    def test_a_query_that_takes_too_long_is_stopped(
        self, bounded: Callable[..., FlightServer], tmp_path: Path
    ) -> None:
        bounded(timeout=timedelta(seconds=0.5))
        with connect(tmp_path) as store:
            with pytest.raises(
                QueryTooLargeError, match=r"took longer than 0\.5 s.*Hint: narrow it"
            ):
                store.query(SLOW)
            assert store.last_seq() == 10

    def test_a_query_that_takes_too_much_memory_is_stopped(
        self, bounded: Callable[..., FlightServer], tmp_path: Path
    ) -> None:
        bounded()
        with connect(tmp_path) as store, open_writer(tmp_path) as appender:
            with pytest.raises(QueryTooLargeError, match=r"memory.*Hint: narrow"):
                store.query("SELECT list(i::VARCHAR) AS l FROM range(20_000_000) AS t(i)")
            assert appender.append(batch(actions(5, first=10))).stored == 5

    def test_a_sort_larger_than_memory_goes_to_disk(
        self, bounded: Callable[..., FlightServer], tmp_path: Path
    ) -> None:
        bounded(memory="10MB")
        query = "SELECT max(i) FROM (SELECT i FROM range(2_000_000) AS t(i) ORDER BY hash(i))"
        with connect(tmp_path) as store:
            assert store.query(query).item() == 1_999_999

    def test_one_query_too_many_is_told_so(
        self, bounded: Callable[..., FlightServer], tmp_path: Path
    ) -> None:
        bounded(concurrent=1, patience=timedelta(seconds=0.1), timeout=timedelta(seconds=2))
        slow = threading.Thread(target=swallow, args=(tmp_path,))
        slow.start()
        with connect(tmp_path) as store:
            with pytest.raises(QueryError, match="1 queries are running already"):
                ask_until_refused(store)
            slow.join()
            assert store.last_seq() == 10

    def test_a_reader_that_stops_fetching_holds_nothing_for_long(
        self, bounded: Callable[..., FlightServer], tmp_path: Path
    ) -> None:
        bounded(concurrent=1, timeout=timedelta(seconds=1))
        with connect(tmp_path) as idle, connect(tmp_path) as other:
            rows = idle.batches("SELECT i, repeat('x', 500) AS x FROM range(5_000_000) AS t(i)")
            rows.read_next_batch()

            assert other.last_seq() == 10
            with pytest.raises(QueryError, match="took longer"):
                rows.read_all()

    def test_a_reader_that_stops_fetching_does_not_keep_the_owner_from_ending(
        self, bounded: Callable[..., FlightServer], tmp_path: Path
    ) -> None:
        server = bounded()
        with connect(tmp_path) as idle:
            rows = idle.batches("SELECT i, repeat('x', 500) AS x FROM range(5_000_000) AS t(i)")
            rows.read_next_batch()
            server.shutdown()

            assert find_owner(run_dir(tmp_path)) is None
            with pytest.raises(QueryError, match="the owner of the store is ending"):
                rows.read_all()

    def test_a_query_under_way_does_not_stop_the_writer(
        self, bounded: Callable[..., FlightServer], tmp_path: Path
    ) -> None:
        bounded(timeout=timedelta(seconds=3))
        slow = threading.Thread(target=swallow, args=(tmp_path,))
        slow.start()
        with open_writer(tmp_path) as appender:
            stored = 0
            while slow.is_alive():
                stored += appender.append(batch(actions(10, first=100 + stored))).stored
                time.sleep(0.01)

        assert stored >= 20

    def test_a_reader_sees_one_moment_however_long_it_reads(
        self, bounded: Callable[..., FlightServer], tmp_path: Path
    ) -> None:
        bounded()
        with open_writer(tmp_path) as appender, connect(tmp_path) as store:
            appender.append(batch(actions(90_000, first=10)))
            rows = store.batches("SELECT seq FROM events")
            rows.read_next_batch()
            appender.append(batch(actions(1_000, first=200_000)))

            assert store.last_seq() == 91_010 - 10 + 10
            assert sum(each.num_rows for each in rows) < 91_010


def ask_until_refused(store: Reader) -> None:
    while True:
        store.last_seq()


def swallow(folder: Path) -> None:
    with connect(folder) as store:
        try:
            store.query(SLOW)
        except QueryError:
            return
