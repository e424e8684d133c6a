"""The tables say what the events say: names, types and meanings come from one place."""

import duckdb
import pyarrow as pa
import pytest

from commonmode.events import DIGESTS, EVENT_SCHEMA, FIELDS, KINDS, Event, fields_of, kind_of
from commonmode.store import Writer, connect

TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
    pa.list_(pa.string()): "VARCHAR[]",
}


@pytest.fixture
def cursor(writer: Writer) -> duckdb.DuckDBPyConnection:
    return writer.cursor()


def columns(cursor: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    query = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $table"
    return dict(cursor.execute(query, {"table": table}).fetchall())


def type_of(name: str) -> str:
    if name in FIELDS and FIELDS[name].is_json:
        return "JSON"
    return TYPES[EVENT_SCHEMA.field(name).type]


def test_events_has_every_column_of_the_wide_row_the_store_position_and_digests(
    cursor: duckdb.DuckDBPyConnection,
) -> None:
    wanted = {name: type_of(name) for name in EVENT_SCHEMA.names}
    wanted |= {"seq": "BIGINT", "ingested_at": "TIMESTAMP WITH TIME ZONE"}
    wanted |= dict.fromkeys(DIGESTS, "UBIGINT")

    assert columns(cursor, "events") == wanted


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_every_kind_has_a_view_of_its_fields_and_positions(
    cursor: duckdb.DuckDBPyConnection, kind: type[Event]
) -> None:
    fields = [field.name for field in fields_of(kind)]
    places = ["topic", "partition", "offset"]

    found = columns(cursor, kind_of(kind))

    wanted = {name: type_of(name) for name in (*fields, *places)}
    assert found == wanted | {"seq": "BIGINT", "ingested_at": "TIMESTAMP WITH TIME ZONE"}


def test_every_table_view_and_column_is_commented(cursor: duckdb.DuckDBPyConnection) -> None:
    bare = cursor.execute("""
        SELECT table_name, column_name FROM duckdb_columns()
        WHERE NOT internal AND comment IS NULL
            AND column_name NOT IN ('topic', 'partition', 'offset', 'seq', 'ingested_at')
            AND table_name NOT IN ('latest_findings', 'store_version')
            -- Halves of views that explain the same columns.
            AND NOT regexp_matches(table_name, '^(folded|recent)_')
        UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE comment IS NULL
        UNION ALL SELECT view_name, '' FROM duckdb_views() WHERE NOT internal AND comment IS NULL
    """).fetchall()

    assert bare == []


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_a_view_explains_its_columns_in_the_words_of_its_kind(
    cursor: duckdb.DuckDBPyConnection, kind: type[Event]
) -> None:
    query = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = $table"
    comments = dict(cursor.execute(query, {"table": kind_of(kind)}).fetchall())

    assert {f.name: comments[f.name] for f in fields_of(kind)} == {
        f.name: f.description for f in fields_of(kind)
    }


def test_a_column_of_events_means_what_it_means_to_a_kind_that_has_it(
    cursor: duckdb.DuckDBPyConnection,
) -> None:
    query = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'events'"
    comments = dict(cursor.execute(query).fetchall())

    fields = [(f.name, f.description) for kind in KINDS for f in fields_of(kind)]
    assert {(name, comments[name]) for name in FIELDS} <= set(fields)


def test_an_empty_store_answers_every_table_and_view_with_no_rows(writer: Writer) -> None:
    names = [n for (n,) in writer.cursor().execute("SHOW TABLES").fetchall()]
    with connect(writer.path) as store:
        heights = {name: store.query(f'FROM "{name}"').height for name in names}

    assert heights.pop("store_version") == 1
    assert set(heights.values()) == {0}
