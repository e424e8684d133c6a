"""What Flight SQL clients ask about the store: its schemas, its tables and their columns."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from commonmode.store.execution import Parameters, in_our_words, single_read
from commonmode.store.flight import messages

CATALOGS = pa.schema([pa.field("catalog_name", pa.string(), nullable=False)])
DB_SCHEMAS = pa.schema(
    [
        pa.field("catalog_name", pa.string()),
        pa.field("db_schema_name", pa.string(), nullable=False),
    ]
)
TABLE_TYPES = pa.schema([pa.field("table_type", pa.string(), nullable=False)])
TABLES = pa.schema(
    [
        pa.field("catalog_name", pa.string()),
        pa.field("db_schema_name", pa.string()),
        pa.field("table_name", pa.string(), nullable=False),
        pa.field("table_type", pa.string(), nullable=False),
    ]
)
TABLES_WITH_SCHEMA = TABLES.append(pa.field("table_schema", pa.binary(), nullable=False))
PRIMARY_KEYS = pa.schema(
    [
        pa.field("catalog_name", pa.string()),
        pa.field("db_schema_name", pa.string()),
        pa.field("table_name", pa.string(), nullable=False),
        pa.field("column_name", pa.string(), nullable=False),
        pa.field("key_name", pa.string()),
        pa.field("key_sequence", pa.int32(), nullable=False),
    ]
)
FOREIGN_KEYS = pa.schema(
    [
        *(
            pa.field(f"{side}_{name}", pa.string(), nullable=name not in ("table", "column"))
            for side in ("pk", "fk")
            for name in ("catalog_name", "db_schema_name", "table_name", "column_name")
        ),
        pa.field("key_sequence", pa.int32(), nullable=False),
        pa.field("fk_key_name", pa.string()),
        pa.field("pk_key_name", pa.string()),
        pa.field("update_rule", pa.uint8(), nullable=False),
        pa.field("delete_rule", pa.uint8(), nullable=False),
    ]
)

_TABLES = r"""
    SELECT table_catalog, table_schema, table_name,
        CASE table_type WHEN 'BASE TABLE' THEN 'TABLE' ELSE table_type END AS table_type
    FROM information_schema.tables
    WHERE table_catalog = current_database() AND table_schema = 'main'
        AND table_catalog = coalesce($catalog, table_catalog)
        AND table_schema LIKE coalesce($schemas, '%') ESCAPE '\'
        AND table_name LIKE coalesce($tables, '%') ESCAPE '\'
    ORDER BY ALL
"""
_COMMENTS = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = $table"


def catalogs(cursor: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the one catalog: the store's file."""
    rows = cursor.execute("SELECT current_database()").fetchall()
    return _table(rows, CATALOGS)


def db_schemas(
    cursor: duckdb.DuckDBPyConnection, command: messages.CommandGetDbSchemas
) -> pa.Table:
    """Return the one schema, where it fits the filter."""
    query = r"""
        SELECT current_database(), 'main' WHERE current_database() =
        coalesce($catalog, current_database())
        AND 'main' LIKE coalesce($schemas, '%') ESCAPE '\'
    """
    wanted = {
        "catalog": command.catalog,
        "schemas": command.db_schema_filter_pattern,
    }
    return _table(cursor.execute(query, wanted).fetchall(), DB_SCHEMAS)


def tables(cursor: duckdb.DuckDBPyConnection, command: messages.CommandGetTables) -> pa.Table:
    """Return the tables and views that fit the filters, with their columns where asked."""
    wanted = {
        "catalog": command.catalog,
        "schemas": command.db_schema_filter_pattern,
        "tables": command.table_name_filter_pattern,
    }
    rows = cursor.execute(_TABLES, wanted).fetchall()
    rows = [row for row in rows if not command.table_types or row[3] in command.table_types]
    if not command.include_schema:
        return _table(rows, TABLES)
    full = [(*row, _columns(cursor, row[2]).serialize().to_pybytes()) for row in rows]
    return _table(full, TABLES_WITH_SCHEMA)


def _columns(cursor: duckdb.DuckDBPyConnection, table: str) -> pa.Schema:
    quoted = '"' + table.replace('"', '""') + '"'
    schema: pa.Schema = cursor.sql(f"FROM {quoted} LIMIT 0").to_arrow_reader().schema
    comments = dict(cursor.execute(_COMMENTS, {"table": table}).fetchall())
    return pa.schema(
        field.with_metadata({"ARROW:FLIGHT:SQL:REMARKS": comments.get(field.name) or ""})
        for field in schema
    )


def result_schema(
    cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters = None
) -> pa.Schema:
    """Return the columns a statement gives, without running it.

    Raises
    ------
    QueryError, QueryRefusedError
        When it is wrong or not allowed.
    """
    statement = single_read(cursor, sql)
    try:
        relation = cursor.sql(statement.query, params=parameters)
        if statement.is_explain:
            return pa.schema([pa.field(name, pa.string()) for name in relation.columns])
        schema = relation.limit(0).to_arrow_reader().schema
    except duckdb.Error as error:
        raise in_our_words(error) from error
    # A LIMIT around the query renames the second of two equal columns; the query does not.
    return pa.schema(
        field.with_name(name) for field, name in zip(schema, relation.columns, strict=True)
    )


def table_types() -> pa.Table:
    """Return the two types of tables there are."""
    return _table([("TABLE",), ("VIEW",)], TABLE_TYPES)


def _table(rows: list[Any], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)],
        schema=schema,
    )


NO_KEYS: dict[type[messages.Message], pa.Schema] = {
    messages.CommandGetPrimaryKeys: PRIMARY_KEYS,
    messages.CommandGetExportedKeys: FOREIGN_KEYS,
    messages.CommandGetImportedKeys: FOREIGN_KEYS,
    messages.CommandGetCrossReference: FOREIGN_KEYS,
}
"""Questions about keys, and the columns of the empty answer: facts have no keys to follow."""
