"""Nobody writes, reads outside the store, or changes a setting through a query."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.samples import actions, batch

from commonmode.store import (
    FlightServer,
    QueryError,
    QueryRefusedError,
    Reader,
    Writer,
    connect,
)

WRITES = [
    "DELETE FROM events",
    "UPDATE events SET agent = 'x'",
    "INSERT INTO events (id) VALUES ('x')",
    "MERGE INTO events USING events AS e ON true WHEN MATCHED THEN DELETE",
    "TRUNCATE events",
    "DROP TABLE events",
    "DROP VIEW findings",
    "ALTER TABLE events ADD COLUMN x INTEGER",
    "CREATE TABLE x (i INTEGER)",
    "CREATE TEMP TABLE x (i INTEGER)",
    "CREATE OR REPLACE VIEW findings AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "CREATE INDEX i ON events (id)",
    "CREATE SEQUENCE s",
    "CREATE TYPE t AS ENUM ('a')",
    "COMMENT ON TABLE events IS 'mine'",
    "WITH gone AS (DELETE FROM events RETURNING id) SELECT * FROM gone",
    "EXPLAIN ANALYZE DELETE FROM events",
    "PREPARE p AS DELETE FROM events",
    "EXECUTE p",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "EXPORT DATABASE 'x'",
    "IMPORT DATABASE 'x'",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "USE memory",
    "DETACH store",
    "ATTACH ':memory:' AS x",
    "SET VARIABLE x = 1",
    "CALL pragma_version()",
    "PRAGMA database_list",
]
SETTINGS = [
    "SET enable_external_access = true",
    "SET GLOBAL lock_configuration = false",
    "RESET enable_external_access",
    "PRAGMA memory_limit = '100GB'",
    "SET threads = 1",
    "SET operator_memory_limit = '100GB'",
]
OUTSIDE = [
    "COPY events TO 'x.csv'",
    "COPY events FROM 'x.csv'",
    "COPY (SELECT 1) TO 'x.parquet'",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM read_parquet('{secret}')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT getenv('HOME')",
    "LOAD httpfs",
    "INSTALL httpfs",
    "ATTACH '{secret}' AS x",
    "SELECT * FROM writer",
]
SMUGGLED = [
    "SELECT 1; DROP TABLE events",
    "SELECT 1; SELECT 2",
    "SELECT 1 /* ; */; DELETE FROM events --",
    "; ;",
    "",
    "-- nothing",
]


@pytest.mark.parametrize("attempt", [*WRITES, *SETTINGS, *OUTSIDE, *SMUGGLED])
def test_the_attempt_is_refused_and_changes_nothing(
    store: Reader, untouched: list[tuple[object, ...]], attempt: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("token\nhunter2\n")

    with pytest.raises(QueryError) as caught:
        store.query(attempt.format(secret=secret, folder=tmp_path))

    assert "hunter2" not in str(caught.value)
    assert store.query(EVERYTHING).rows() == untouched


@pytest.fixture(scope="module")
def untouched(store: Reader) -> list[tuple[object, ...]]:
    """What the store holds before anyone tried anything."""
    return store.query(EVERYTHING).rows()


EVERYTHING = """
    SELECT (SELECT list(id ORDER BY seq) FROM events) AS ids,
        (SELECT list(table_name ORDER BY table_name) FROM duckdb_tables()) AS tables,
        (SELECT list(view_name ORDER BY view_name) FROM duckdb_views()) AS views,
        current_setting('enable_external_access') AS outside
"""


@pytest.fixture(scope="module", params=["file", "over Flight"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reader]:
    """One store for all attempts: each must leave it as it was."""
    folder = tmp_path_factory.mktemp("store")
    with Writer(folder) as writer:
        writer.append(batch(actions(3)))
        if request.param == "over Flight":
            with FlightServer(writer), connect(folder) as reader:
                yield reader
    if request.param == "file":
        with connect(folder) as reader:
            yield reader


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "FROM events LIMIT 1",
        "VALUES (1)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "EXPLAIN SELECT * FROM events",
        "EXPLAIN ANALYZE SELECT count(*) FROM events",
        "DESCRIBE events",
        "SUMMARIZE events",
        "SHOW TABLES",
        "SELECT comment FROM duckdb_tables()",
        "SELECT 1;",
    ],
)
def test_what_only_reads_is_answered(store: Reader, query: str) -> None:
    assert store.query(query).height >= 1


def test_a_refusal_says_what_was_found_and_what_to_do(store: Reader) -> None:
    with pytest.raises(QueryRefusedError, match=r"found DROP.*Hint: the store is read-only"):
        store.query("DROP TABLE events")
