"""The store as other machines meet it: TLS, tokens with names, and nothing to write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import adbc_driver_flightsql.dbapi as flight_sql
import pytest
import trustme
from pyarrow import flight
from tests.store.certificates import Pair, at
from tests.store.samples import actions, batch

from commonmode.store import (
    FlightAppender,
    FlightReader,
    FlightServer,
    ListenError,
    QueryRefusedError,
    StoreError,
    StoreUnreachableError,
    TokenBook,
    Writer,
    connect,
    own_token,
    run_dir,
)
from commonmode.store.flight import delay


@pytest.fixture
def public(writer: Writer, pair: Pair) -> Iterator[FlightServer]:
    """A store of ten actions, served here and to others."""
    writer.append(batch(actions(10)))
    with FlightServer(writer, public=at("127.0.0.1:0", pair)) as server:
        yield server


def count(public: FlightServer, pair: Pair, token: str) -> int:
    with connect(public.public_uri, token=token, ca=pair.ca) as store:
        return int(store.query("SELECT count(*) FROM events").item())


def test_who_has_a_token_reads_over_tls(public: FlightServer, pair: Pair, book: TokenBook) -> None:
    assert count(public, pair, book.add("ada")) == 10


def test_the_token_may_come_from_the_environment(
    public: FlightServer, pair: Pair, book: TokenBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONMODE_TOKEN", book.add("ada"))

    with connect(public.public_uri, ca=pair.ca) as store:
        assert store.last_seq() == 10


def test_other_tools_read_too_with_prepared_statements(
    public: FlightServer, pair: Pair, book: TokenBook
) -> None:
    options = {
        "adbc.flight.sql.authorization_header": f"Bearer {book.add('ada')}",
        "adbc.flight.sql.client_option.tls_root_certs": pair.ca.read_text(),
    }
    with (
        flight_sql.connect(public.public_uri, options, autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT id FROM events WHERE seq = ?", (3,))
        assert cursor.fetchall() == [("event-2",)]


def test_tokens_change_while_the_store_runs(
    public: FlightServer, pair: Pair, book: TokenBook
) -> None:
    old = book.add("ada")
    with connect(public.public_uri, token=old, ca=pair.ca) as store:
        assert store.last_seq() == 10
        new = book.rotate("ada")
        with pytest.raises(StoreUnreachableError, match="did not accept the token"):
            store.last_seq()
    assert count(public, pair, new) == 10

    book.revoke("ada")
    with pytest.raises(StoreUnreachableError, match="did not accept the token"):
        count(public, pair, new)


def test_the_token_of_local_processes_opens_nothing_there(
    public: FlightServer, pair: Pair, tmp_path: Path
) -> None:
    with pytest.raises(StoreUnreachableError, match="did not accept the token"):
        count(public, pair, own_token(run_dir(tmp_path)))


def test_a_named_token_opens_nothing_on_loopback(public: FlightServer, book: TokenBook) -> None:
    assert public.address is not None
    with (
        FlightReader(public.address, book.add("ada")) as reader,
        pytest.raises(StoreUnreachableError, match="did not accept the token"),
    ):
        reader.last_seq()


def test_a_named_token_cannot_write(
    public: FlightServer, pair: Pair, book: TokenBook, writer: Writer, tmp_path: Path
) -> None:
    token = book.add("ada")
    with (
        FlightAppender(public.public_uri, token, pair.ca.read_bytes()) as appender,
        pytest.raises(QueryRefusedError, match="cannot write"),
    ):
        appender.append(batch(actions(11)))
    with (
        connect(public.public_uri, token=token, ca=pair.ca) as store,
        pytest.raises(QueryRefusedError),
    ):
        store.query("DELETE FROM events")
    with connect(tmp_path) as store:
        assert store.last_seq() == 10
    assert writer.is_open


def test_nothing_is_told_without_tls(public: FlightServer, book: TokenBook) -> None:
    token = book.add("ada")
    bare = public.public_uri.replace("grpc+tls", "grpc")
    with FlightReader(bare, token) as reader, pytest.raises(StoreError):
        reader.last_seq()
    with pytest.raises(StoreUnreachableError, match=r"grpc\+tls"):
        connect(bare, token=token)


def test_a_certificate_of_another_authority_is_not_trusted(
    public: FlightServer, pair: Pair, book: TokenBook, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with pytest.raises(StoreUnreachableError):
        count(public, pair._replace(ca=other), book.add("ada"))


def refusal(public: FlightServer, pair: Pair, header: bytes) -> str:
    options = flight.FlightCallOptions(headers=[(b"authorization", header)])
    with (
        closing(flight.connect(public.public_uri, tls_root_certs=pair.ca.read_bytes())) as client,
        pytest.raises(flight.FlightUnauthenticatedError) as refused,
    ):
        client.do_get(flight.Ticket(b"x"), options)
    return str(refused.value).partition(". gRPC client debug context")[0]


def test_a_refusal_does_not_tell_whether_a_name_exists(
    public: FlightServer, pair: Pair, book: TokenBook
) -> None:
    book.add("ada")
    # ada:x, bob:x
    headers = (b"Basic YWRhOng=", b"Basic Ym9iOng=", b"Bearer x", b"Bearer ", b"")

    assert len({refusal(public, pair, header) for header in headers}) == 1


def test_wrong_tokens_wait_longer_each_time_and_right_ones_never(
    public: FlightServer, pair: Pair, book: TokenBook
) -> None:
    token = book.add("ada")

    def seconds(header: bytes) -> float:
        began = time.monotonic()
        refusal(public, pair, header)
        return time.monotonic() - began

    assert seconds(b"") < delay.MOST_SECONDS
    waits = [seconds(b"Bearer wrong") for _ in range(4)]
    assert all(wait >= delay.FIRST_SECONDS * 2**number for number, wait in enumerate(waits)), waits
    assert count(public, pair, token) == 10


def test_after_a_minute_the_wait_is_short_again() -> None:
    waited: list[float] = []
    now = [0.0]
    wait = delay.Delay(lambda: now[0], waited.append)
    for now[0] in (1.0, 2.0, 2.0 + delay.FORGOTTEN_SECONDS + 1):
        wait()

    assert waited == [0.1, 0.2, 0.1]


def test_who_asked_what_is_written_down_without_any_token(
    writer: Writer, pair: Pair, book: TokenBook, tmp_path: Path
) -> None:
    writer.append(batch(actions(10)))
    token = book.add("ada")
    with FlightServer(writer, public=at("127.0.0.1:0", pair)) as public:
        options = {
            "adbc.flight.sql.authorization_header": f"Bearer {token}",
            "adbc.flight.sql.client_option.tls_root_certs": pair.ca.read_text(),
        }
        with (
            flight_sql.connect(public.public_uri, options, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT id FROM events WHERE seq < ?", (4,))
            assert len(cursor.fetchall()) == 3
            with pytest.raises(flight_sql.Error):
                cursor.execute("DROP TABLE events")
        with connect(public.public_uri, token=token, ca=pair.ca) as store:
            store.query(f"SELECT '{token}' AS mine")
        with connect(tmp_path) as local:
            local.query("SELECT 42")

    with connect(tmp_path) as store:
        asked = store.query('FROM queries ORDER BY "at"')
    assert asked["name"].unique().to_list() == ["ada"]
    assert asked.select("sql", "ended", "rows").rows() == [
        ("SELECT id FROM events WHERE seq < ?", "answered", 3),
        ("DROP TABLE events", "failed", 0),
        ("SELECT 'commonmode_…' AS mine", "answered", 1),
    ]
    assert ["only SELECT" in (reason or "") for reason in asked["reason"]] == [False, True, False]
    assert (asked["milliseconds"] > 0).all()
    assert token not in str(asked.rows())


def test_what_is_asked_is_there_to_read_while_the_store_is_served(
    public: FlightServer, pair: Pair, book: TokenBook, tmp_path: Path
) -> None:
    count(public, pair, book.add("ada"))
    with connect(tmp_path) as store:
        deadline = time.monotonic() + 10
        while not (asked := store.query("SELECT name, sql FROM queries").rows()):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    assert asked == [("ada", "SELECT count(*) FROM events")]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM queries",
        'FROM main."Queries"',
        "EXPLAIN SELECT sql FROM store.main.queries",
        "SUMMARIZE queries",
        "SELECT (SELECT max(sql) FROM queries) FROM events",
        "WITH a AS MATERIALIZED (TABLE queries) FROM a",
    ],
)
def test_nobody_elsewhere_reads_what_others_asked(
    public: FlightServer, pair: Pair, book: TokenBook, tmp_path: Path, sql: str
) -> None:
    with (
        connect(public.public_uri, token=book.add("ada"), ca=pair.ca) as store,
        pytest.raises(QueryRefusedError, match="table queries is read where the store is"),
    ):
        store.query(sql)
    with connect(tmp_path) as local:
        local.query(sql)


def test_nor_by_a_prepared_statement(public: FlightServer, pair: Pair, book: TokenBook) -> None:
    options = {
        "adbc.flight.sql.authorization_header": f"Bearer {book.add('ada')}",
        "adbc.flight.sql.client_option.tls_root_certs": pair.ca.read_text(),
    }
    with (
        flight_sql.connect(public.public_uri, options, autocommit=True) as connection,
        connection.cursor() as cursor,
        pytest.raises(flight_sql.Error, match="read where the store is"),
    ):
        cursor.execute("SELECT sql FROM queries WHERE rows > ?", (0,))


def test_an_address_that_is_taken_is_said_so(
    public: FlightServer, pair: Pair, tmp_path: Path
) -> None:
    taken = public.public_uri.partition("://")[2]
    with (
        Writer(tmp_path / "another") as writer,
        pytest.raises(ListenError, match="nobody can listen"),
    ):
        FlightServer(writer, public=at(taken, pair)).start()
