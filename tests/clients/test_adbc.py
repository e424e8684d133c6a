"""ADBC, and the frames that Polars and pandas make through it: every type, every parameter."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import adbc_driver_flightsql.dbapi as flight_sql
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

MOMENT = datetime(2026, 1, 1, 12, 0, 5, 123456, tzinfo=UTC)

VALUES = [
    ("TIMESTAMPTZ", MOMENT),
    ("TIMESTAMP", MOMENT.replace(tzinfo=None)),
    ("DATE", date(2026, 1, 2)),
    ("TIME", time(12, 34, 56)),
    ("VARCHAR[]", ["a", "ü"]),
    ("VARCHAR[]", []),
    ("JSON", '{"a": [1, null]}'),
    ("DECIMAL(10, 2)", Decimal("1.50")),
    ("HUGEINT", Decimal(2**100)),
    ("UBIGINT", 2**63 - 1),
    ("DOUBLE", 2.5),
    ("BOOLEAN", True),
    ("BLOB", b"\x00\xff"),
    ("VARCHAR", "日本 🎉 \u202e rtl"),
    ("VARCHAR", None),
]
TYPES = """
    SELECT TIMESTAMPTZ '2026-01-01 13:00:05.123456+01' AS moment, ['a', 'ü'] AS list,
        '{"a": 1}'::JSON AS json, 1.50::DECIMAL(10, 2) AS price, 2::HUGEINT AS huge,
        NULL::DOUBLE AS missing, '日本 🎉' AS text, 'b'::ENUM ('a', 'b') AS chosen
"""


@pytest.mark.parametrize(("type_name", "value"), VALUES)
def test_a_value_goes_there_and_back(
    adbc: flight_sql.Connection, type_name: str, value: object
) -> None:
    with adbc.cursor() as cursor:
        cursor.execute(f"SELECT ?::{type_name} AS x", (value,))
        assert cursor.fetchall() == [(value,)]


def test_parameters_are_declared_as_what_they_are_compared_with(
    adbc: flight_sql.Connection,
) -> None:
    query = """
        SELECT id FROM events WHERE seq > $1 AND agent = $2 AND "at" < $3 AND price = $4
            AND attempted = $5 AND $6 = ANY(actions) AND recorded_at::DATE = $7
        LIMIT $8
    """
    with adbc.cursor() as cursor:
        declared = cursor.adbc_prepare(query)

    assert declared is not None
    moment = pa.timestamp("ms", "UTC")
    assert declared.types == [
        *(pa.int64(), pa.string(), moment, pa.float64()),
        *(pa.bool_(), pa.string(), pa.date32(), pa.int64()),
    ]


def test_named_parameters_are_bound_by_name(adbc: flight_sql.Connection) -> None:
    values = pa.record_batch({"until": [5], "since": [4]})
    with adbc.cursor() as cursor:
        cursor.execute("SELECT seq FROM events WHERE seq >= $since AND seq <= $until", values)
        assert cursor.fetchall() == [(4,), (5,)]


def test_a_value_of_the_wrong_type_is_refused_with_what_was_found(
    adbc: flight_sql.Connection,
) -> None:
    with adbc.cursor() as cursor, pytest.raises(pl.exceptions.ComputeError, match="'many'"):
        pl.read_database(
            "SELECT id FROM events WHERE seq = ?",
            cursor,
            execute_options={"parameters": ["many"]},
        )


def test_no_rows_still_have_columns(adbc: flight_sql.Connection) -> None:
    with adbc.cursor() as cursor:
        cursor.execute('SELECT id, actions, "at" FROM events WHERE false')
        table = cursor.fetch_arrow_table()

    assert table.num_rows == 0
    assert table.schema.types == [
        pa.string(),
        pa.list_(pa.string()),
        pa.timestamp("us", "UTC"),
    ]


def test_it_lists_catalogs_schemas_tables_columns_and_types(adbc: flight_sql.Connection) -> None:
    (catalog,) = (
        adbc.adbc_get_objects(depth="all", table_name_filter="events").read_all().to_pylist()
    )
    (schema,) = catalog["catalog_db_schemas"]
    (table,) = schema["db_schema_tables"]

    assert (catalog["catalog_name"], schema["db_schema_name"]) == ("store", "main")
    columns = {each["column_name"]: each for each in table["table_columns"]}
    assert columns["seq"]["ordinal_position"] == list(columns).index("seq") + 1
    assert adbc.adbc_get_table_schema("events").field("at").type == pa.timestamp("us", "UTC")
    assert adbc.adbc_get_table_types() == ["TABLE", "VIEW"]


def test_rows_as_wide_as_a_document_arrive(adbc: flight_sql.Connection) -> None:
    wide = "SELECT repeat('x', 10_000) || repeat('y', 999) || i FROM range(20_000) AS t(i)"
    with adbc.cursor() as cursor:
        cursor.execute(wide)
        sizes = [batch.nbytes for batch in cursor.fetch_record_batch()]

    assert sum(sizes) > 200 * 2**20
    assert max(sizes) < 16 * 2**20


class TestPolars:
    def test_a_frame_has_the_columns_own_types(self, adbc: flight_sql.Connection) -> None:
        frame = pl.read_database(TYPES, adbc)

        assert dict(frame.schema) == {
            "moment": pl.Datetime("us", "UTC"),
            "list": pl.List(pl.String),
            "json": pl.String,
            "price": pl.Decimal(10, 2),
            "huge": pl.Decimal(38, 0),
            "missing": pl.Float64,
            "text": pl.String,
            "chosen": pl.String,
        }
        assert frame["moment"][0] == MOMENT
        assert frame["text"].to_list() == ["日本 🎉"]
        assert frame["missing"].to_list() == [None]

    def test_parameters_are_given_as_execute_options(self, adbc: flight_sql.Connection) -> None:
        frame = pl.read_database(
            "SELECT id FROM events WHERE seq = ?", adbc, execute_options={"parameters": [3]}
        )

        assert frame["id"].to_list() == ["event-2"]

    def test_no_rows_make_an_empty_frame(self, adbc: flight_sql.Connection) -> None:
        frame = pl.read_database("SELECT id, price FROM events WHERE false", adbc)

        assert frame.is_empty()
        assert frame.columns == ["id", "price"]


class TestPandas:
    def test_a_frame_has_the_columns_own_types(self, adbc: flight_sql.Connection) -> None:
        frame = pd.read_sql(TYPES, adbc, dtype_backend="pyarrow")

        types = {name: dtype.pyarrow_dtype for name, dtype in frame.dtypes.items()}
        assert types["moment"] == pa.timestamp("us", "UTC")
        assert types["list"] == pa.list_(pa.string())
        assert types["price"] == pa.decimal128(10, 2)
        assert frame["moment"].tolist() == [MOMENT]
        assert frame["text"].tolist() == ["日本 🎉"]
        assert list(frame["missing"].isna()) == [True]

    def test_parameters_are_given_to_a_cursor(self, adbc: flight_sql.Connection) -> None:
        with adbc.cursor() as cursor:
            cursor.execute("SELECT id FROM events WHERE seq = ?", (3,))
            assert cursor.fetch_df()["id"].tolist() == ["event-2"]

    def test_no_rows_make_an_empty_frame(self, adbc: flight_sql.Connection) -> None:
        frame = pd.read_sql("SELECT id, price FROM events WHERE false", adbc)

        assert len(frame) == 0
        assert list(frame.columns) == ["id", "price"]
