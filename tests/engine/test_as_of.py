from __future__ import annotations

import duckdb
import pytest

from commonmode.detectors import Query
from commonmode.engine.as_of import as_of


@pytest.fixture
def log() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        """CREATE TABLE events (seq BIGINT, topic VARCHAR, partition INTEGER, "offset" BIGINT);
        INSERT INTO events VALUES (1, 't', 0, 0), (2, 't', 1, 0), (3, 't', 0, 1), (4, 'f', NULL, 9);
        CREATE VIEW action_taken AS SELECT * FROM events"""
    )
    return connection


def seqs(log: duckdb.DuckDBPyConnection, text: str, positions: dict[str, int]) -> list[int]:
    query = as_of(Query(text), positions)
    return sorted(row[0] for row in log.execute(query.text, query.parameters).fetchall())


def test_a_partition_is_bounded_by_its_offset(log: duckdb.DuckDBPyConnection) -> None:
    positions = {"seq": 99, "t[0]": 1, "t[1]": 1}

    assert seqs(log, "SELECT seq FROM events", positions) == [1, 2, 4]


def test_a_file_is_bounded_by_the_stores_position(log: duckdb.DuckDBPyConnection) -> None:
    assert seqs(log, "SELECT seq FROM events", {"seq": 3, "t[0]": 9, "t[1]": 9}) == [1, 2, 3]


def test_the_views_of_kinds_are_bounded_too(log: duckdb.DuckDBPyConnection) -> None:
    assert seqs(log, "SELECT seq FROM action_taken;", {"seq": 2}) == [1, 2]


def test_a_query_with_its_own_names_is_bounded_inside(log: duckdb.DuckDBPyConnection) -> None:
    text = "WITH mine AS (SELECT * FROM events) SELECT seq FROM mine"

    assert seqs(log, text, {"seq": 2}) == [1, 2]


def test_positions_without_the_stores_leave_other_sources_whole(
    log: duckdb.DuckDBPyConnection,
) -> None:
    assert seqs(log, "SELECT seq FROM events", {"t[0]": 1}) == [1, 2, 4]


def test_the_name_of_a_topic_is_never_read_as_sql(log: duckdb.DuckDBPyConnection) -> None:
    hostile = "t' OR true --[0]"

    assert seqs(log, "SELECT seq FROM events", {"seq": 1, hostile: 5}) == [1]


def test_a_query_of_nothing_bounded_is_left_alone() -> None:
    assert as_of(Query("SELECT 1"), {"seq": 1}) == Query("SELECT 1")
