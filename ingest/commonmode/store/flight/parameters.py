"""The types of a statement's parameters, as DuckDB's binder finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import duckdb
import msgspec
import pyarrow as pa

_PLAN = "SELECT json_serialize_plan($sql::VARCHAR)"

# Times in milliseconds: JDBC's driver (18.3) writes those whatever unit is asked for, and the
# newer ones convert. Clients that bind Arrow values send their own unit anyway.
_SCALARS: Mapping[str, Callable[[], pa.DataType]] = {
    "BOOLEAN": pa.bool_,
    "TINYINT": pa.int8,
    "SMALLINT": pa.int16,
    "INTEGER": pa.int32,
    "BIGINT": pa.int64,
    "UTINYINT": pa.uint8,
    "USMALLINT": pa.uint16,
    "UINTEGER": pa.uint32,
    "UBIGINT": pa.uint64,
    "HUGEINT": lambda: pa.decimal128(38, 0),
    "FLOAT": pa.float32,
    "DOUBLE": pa.float64,
    "DATE": pa.date32,
    "TIME": lambda: pa.time32("ms"),
    "TIMESTAMP": lambda: pa.timestamp("ms"),
    "TIMESTAMP WITH TIME ZONE": lambda: pa.timestamp("ms", "UTC"),
    "BLOB": pa.binary,
}


def parameter_schema(
    cursor: duckdb.DuckDBPyConnection, sql: str, names: Sequence[str]
) -> pa.Schema:
    """Return what a statement expects for each of its parameters.

    A prepared statement of DuckDB tells no types before values are bound; its bound plan does.
    What the plan leaves open (``SELECT ?``), and what has no Arrow type that clients can bind
    (JSON, intervals, structs), is declared as text, which DuckDB casts to what it meets.
    """
    ((plan,),) = cursor.execute(_PLAN, {"sql": sql}).fetchall()
    found = dict(_parameters(msgspec.json.decode(plan)))
    return pa.schema([pa.field(name, found.get(name, pa.string())) for name in names])


def _parameters(node: object) -> Iterator[tuple[str, pa.DataType]]:
    if isinstance(node, list):
        for each in node:
            yield from _parameters(each)
    elif isinstance(node, dict):
        if node.get("expression_class") == "BOUND_PARAMETER":
            yield node["identifier"], _arrow(node["return_type"])
        for each in node.values():
            yield from _parameters(each)


def _arrow(described: Mapping[str, object]) -> pa.DataType:
    kind, more = str(described["id"]), described["type_info"]
    if isinstance(more, Mapping):
        if kind == "DECIMAL":
            return pa.decimal128(more["width"], more["scale"])
        if kind == "LIST":
            return pa.list_(_arrow(more["child_type"]))
        return pa.string()
    return _SCALARS.get(kind, pa.string)()
