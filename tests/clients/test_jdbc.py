"""Java tools, DBeaver among them, through Arrow's own Flight SQL JDBC driver."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from tests.clients.conftest import Jdbc, JdbcError


def row(jdbc: Jdbc, sql: str) -> tuple[list[str], list[str | None]]:
    told = jdbc.query(sql)
    (values,) = told["rows"]
    return told["types"], values


class TestCatalog:
    def test_it_lists_the_catalog_and_its_schema(self, jdbc: Jdbc) -> None:
        assert jdbc.metadata("getCatalogs")["rows"] == [["store"]]
        assert jdbc.metadata("getSchemas")["rows"] == [["main", "store"]]
        assert jdbc.metadata("getSchemas", None, "x%")["rows"] == []

    def test_it_lists_tables_by_type(self, jdbc: Jdbc) -> None:
        assert jdbc.metadata("getTableTypes")["rows"] == [["TABLE"], ["VIEW"]]
        tables = jdbc.metadata("getTables", "store", "main", "%", ["TABLE"])["rows"]
        views = jdbc.metadata("getTables", None, None, "%", ["VIEW"])["rows"]
        assert ["store", "main", "events", "TABLE"] in [each[:4] for each in tables]
        assert ["store", "main", "findings", "VIEW"] in [each[:4] for each in views]
        assert not {each[2] for each in tables} & {each[2] for each in views}

    def test_an_escaped_underscore_of_a_pattern_stands_for_itself(self, jdbc: Jdbc) -> None:
        escape = jdbc.metadata("getSearchStringEscape")
        wild = jdbc.metadata("getTables", None, None, "task%ended", None)["rows"]
        exact = jdbc.metadata("getTables", None, None, f"task{escape}_ended", None)["rows"]
        none = jdbc.metadata("getTables", None, None, f"tas{escape}__ended", None)["rows"]

        assert [each[2] for each in wild] == [each[2] for each in exact] == ["task_ended"]
        assert none == []

    def test_it_lists_columns_with_types_and_meanings(self, jdbc: Jdbc) -> None:
        told = jdbc.metadata("getColumns", "store", "main", "events", None)
        columns = {
            named["COLUMN_NAME"]: named
            for named in (dict(zip(told["columns"], each, strict=True)) for each in told["rows"])
        }

        assert columns["at"]["TYPE_NAME"] == "TIMESTAMP_WITH_TIMEZONE"
        assert columns["at"]["REMARKS"] == "when it happened (event time)"
        assert columns["price"]["TYPE_NAME"] == "DOUBLE"
        assert columns["actions"]["TYPE_NAME"] == "ARRAY"
        assert columns["seq"]["TYPE_NAME"] == "BIGINT"
        assert [columns[name]["ORDINAL_POSITION"] for name in ("id", "kind")] == ["1", "2"]

    @pytest.mark.parametrize(
        ("method", "arguments"),
        [
            ("getTypeInfo", []),
            ("getPrimaryKeys", ["store", "main", "events"]),
            ("getImportedKeys", ["store", "main", "events"]),
            ("getExportedKeys", ["store", "main", "events"]),
            ("getCrossReference", ["store", "main", "events", "store", "main", "truth"]),
            ("getIndexInfo", ["store", "main", "events", False, True]),
            ("getBestRowIdentifier", ["store", "main", "events", 0, True]),
            ("getVersionColumns", ["store", "main", "events"]),
            ("getProcedures", [None, None, None]),
            ("getFunctions", [None, None, None]),
            ("getTablePrivileges", [None, None, None]),
            ("getClientInfoProperties", []),
        ],
    )
    def test_what_a_log_of_facts_does_not_have_is_an_empty_answer(
        self, jdbc: Jdbc, method: str, arguments: list[object]
    ) -> None:
        assert jdbc.metadata(method, *arguments)["rows"] == []


class TestDatabase:
    def test_it_says_what_it_is(self, jdbc: Jdbc) -> None:
        assert jdbc.metadata("getDatabaseProductName") == "commonmode"
        assert jdbc.metadata("getDatabaseProductVersion") == version("commonmode")
        assert jdbc.metadata("getIdentifierQuoteString") == '"'
        assert jdbc.metadata("isReadOnly") is True
        assert jdbc.metadata("supportsTransactions") is False
        assert jdbc.metadata("supportsFullOuterJoins") is True
        assert jdbc.metadata("supportsResultSetType", 1003) is True

    def test_it_names_words_that_an_editor_completes(self, jdbc: Jdbc) -> None:
        assert "qualify" in jdbc.metadata("getSQLKeywords").split(", ")
        assert "sqrt" in jdbc.metadata("getNumericFunctions").split(", ")
        assert "upper" in jdbc.metadata("getStringFunctions").split(", ")
        assert "monthname" in jdbc.metadata("getTimeDateFunctions").split(", ")

    @pytest.mark.parametrize(
        "prefix", ["supports", "getMax", "is", "nulls", "stores", "data", "all", "locators", "does"]
    )
    def test_every_question_without_arguments_is_answered(self, jdbc: Jdbc, prefix: str) -> None:
        questions = [name for name in jdbc.questions() if name.startswith(prefix)]

        assert questions
        assert {name: type(jdbc.metadata(name)) for name in questions}.keys() == set(questions)


class TestTypes:
    @pytest.mark.parametrize(
        ("expression", "type_name", "printed"),
        [
            ("TIMESTAMPTZ '2026-01-01 13:00:00.123456+01'", "TIMESTAMP_WITH_TIMEZONE", None),
            ("TIMESTAMP '2026-01-01 12:00:00'", "TIMESTAMP", "2026-01-01 12:00:00.0"),
            ("DATE '2026-01-02'", "DATE", "2026-01-02"),
            ("TIME '12:34:56'", "TIME", "12:34:56"),
            ("['a', 'ü']", "ARRAY", '["a","ü"]'),
            ("[]::VARCHAR[]", "ARRAY", "[]"),
            ("'{\"a\": [1, null]}'::JSON", "VARCHAR", '{"a": [1, null]}'),
            ("1.50::DECIMAL(10, 2)", "DECIMAL", "1.50"),
            ("(2::HUGEINT ** 100)::HUGEINT", "DECIMAL", "1267650600228229401496703205376"),
            ("(-170141183460469231731687303715884105727)::HUGEINT", "DECIMAL", None),
            ("18446744073709551615::UBIGINT", "BIGINT", None),
            ("NULL", "NULL", None),
            ("NULL::DOUBLE", "DOUBLE", None),
            ("true", "BOOLEAN", "true"),
            ("'日本 🎉 \u202e rtl'", "VARCHAR", "日本 🎉 \u202e rtl"),
            ("'{\"k\": 1}'::JSON ->> '$.k'", "VARCHAR", "1"),
            ("'b'::ENUM ('a', 'b')", "VARCHAR", "b"),
            ("{'a': 1}", "JAVA_OBJECT", '{"a":1}'),
        ],
    )
    def test_a_value_arrives_as_its_type(
        self, jdbc: Jdbc, expression: str, type_name: str, printed: str | None
    ) -> None:
        types, (value,) = row(jdbc, f"SELECT {expression} AS x")

        assert types == [type_name]
        assert printed is None or value == printed

    def test_a_time_with_a_zone_is_the_same_moment(self, jdbc: Jdbc) -> None:
        _, (value,) = row(jdbc, "SELECT TIMESTAMPTZ '2026-01-01 13:00:00.123456+01' AS x")

        assert value == "2026-01-01 12:00:00.123456"

    def test_no_rows_still_have_columns(self, jdbc: Jdbc) -> None:
        told = jdbc.query("SELECT id, actions FROM events WHERE false")

        assert told["rows"] == []
        # The driver (18.3) names the columns of an empty result twice over.
        assert told["columns"][:2] == ["id", "actions"]
        assert told["types"][:2] == ["VARCHAR", "ARRAY"]

    def test_a_refusal_says_why(self, jdbc: Jdbc) -> None:
        with pytest.raises(JdbcError, match=r"only SELECT and EXPLAIN.*Hint"):
            jdbc.query("DROP TABLE events")


class TestParameters:
    @pytest.mark.parametrize(
        ("type_name", "setter", "value", "printed"),
        [
            ("BOOLEAN", "setBoolean", True, "true"),
            ("TINYINT", "setInt", -7, "-7"),
            ("SMALLINT", "setInt", 3, "3"),
            ("INTEGER", "setInt", 4, "4"),
            ("BIGINT", "setLong", 2**60, str(2**60)),
            ("UBIGINT", "setLong", 5, "5"),
            ("HUGEINT", "setBigDecimal", "9" * 38, "9" * 38),
            ("FLOAT", "setFloat", 1.5, "1.5"),
            ("DOUBLE", "setDouble", 2.5, "2.5"),
            ("DECIMAL(10, 3)", "setBigDecimal", "1.500", "1.500"),
            ("DATE", "setDate", "2026-01-02", "2026-01-02"),
            ("TIME", "setTime", "12:34:56", "12:34:56"),
            ("TIMESTAMP", "setTimestamp", "2026-01-01 12:00:05.123", "2026-01-01 12:00:05.123"),
            (
                "TIMESTAMPTZ",
                "setTimestamp",
                "2026-01-01 12:00:05.123",
                "2026-01-01 12:00:05.123+00",
            ),
            ("BLOB", "setBytes", "00ff", "\\x00\\xFF"),
            ("VARCHAR", "setString", "日本 🎉", "日本 🎉"),
            ("UUID", "setString", "9d529d6b-de75-4383-b116-6fb0581c1b39", None),
            ("JSON", "setString", '{"a": 1}', '{"a": 1}'),
            ("INTERVAL", "setString", "1 day", "1 day"),
            ("VARCHAR[]", "setArray", ["a", "ü"], "[a, ü]"),
            ("BIGINT", "setNull", None, None),
        ],
    )
    def test_each_type_can_be_bound(
        self, jdbc: Jdbc, type_name: str, setter: str, value: object, printed: str | None
    ) -> None:
        told = jdbc.query(f"SELECT (?::{type_name})::VARCHAR AS x", (setter, value))

        wanted = value if printed is None else printed
        assert told["rows"] == [[wanted]]

    def test_they_are_declared_as_what_they_are_compared_with(self, jdbc: Jdbc) -> None:
        query = 'SELECT id FROM events WHERE seq >= ? AND agent = ? AND "at" < ? ORDER BY seq'
        told = jdbc.query(
            query, ("setLong", 3), ("setString", "a"), ("setTimestamp", "2026-01-01 12:00:04")
        )

        assert told["parameters"] == ["Int(64, true)", "Utf8", "Timestamp(MILLISECOND, UTC)"]
        assert told["rows"] == [["event-2"], ["event-3"]]

    def test_what_has_no_type_of_its_own_is_text(self, jdbc: Jdbc) -> None:
        told = jdbc.query("SELECT ? AS x", ("setString", "x"))

        assert (told["parameters"], told["rows"]) == (["Utf8"], [["x"]])
