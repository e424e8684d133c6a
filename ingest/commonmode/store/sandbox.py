"""What a statement may contain: decided on its parsed form, before anything of it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Any

from commonmode.store.errors import QueryRefusedError

MOST_CHARACTERS = 100_000
"""Parsing takes a second for each, and ten times its length in memory, whoever waits meanwhile."""

DEEPEST = 1_000
"""Brackets inside brackets, as many as DuckDB lets expressions nest."""

MOST_PARTS = 16
"""Of a dotted name; binding one takes time by the square of them."""

MOST_REPEATS = 10_000
"""What makes one long value: DuckDB neither counts its memory nor stops before it is made."""

IN_STEPS = "write it in steps: WITH a AS (…), b AS (…)"
"""What to do about a statement that is nested too deeply."""

# Only these make rows: what reads files, settings, logs or another statement's text is not here,
# nor is what the next version of DuckDB brings along.
_ROWS_FROM = frozenset(
    """
    range generate_series unnest repeat repeat_row json_each json_tree summary
    duckdb_columns duckdb_constraints duckdb_functions duckdb_indexes duckdb_keywords
    duckdb_schemas duckdb_sequences duckdb_tables duckdb_types duckdb_views
    pragma_show pragma_table_info pragma_version pragma_storage_info
    icu_calendar_names pg_timezone_names test_all_types test_vector_types
    """.split()
)
_VIEWS_OF_ENGINE = re.compile(r"duckdb_|pragma_|pg_settings|pg_prepared_statements|sqlite_temp")
_CLOSED_FUNCTIONS = frozenset(
    """
    sleep_ms pg_sleep write_log parse_duckdb_log_message current_setting getvariable getenv
    setseed nextval currval setval txid_current current_transaction_id current_connection_id
    json_serialize_sql json_serialize_plan json_deserialize_sql stats
    create_external_resource register_external_resource register_external_resource_type
    deregister_external_resource destroy_external_resource
    """.split()
)
_COUNTS_OF: Mapping[str, int] = {
    "repeat": 1,
    "lpad": 1,
    "rpad": 1,
    "bitstring": 1,
    "list_resize": 1,
    "array_resize": 1,
}
"""Functions whose value grows with a number, and which argument that is."""

_DEPTH = {**dict.fromkeys(map(ord, "([{"), 1), **dict.fromkeys(map(ord, ")]}"), -1)}

Node = Mapping[str, Any]


def check_text(sql: str) -> None:
    """Refuse a text that is too long, or nested too deeply, to be parsed while others wait.

    Raises
    ------
    QueryRefusedError
        With what was found and how much is allowed.

    Examples
    --------
    >>> check_text("SELECT " + "(" * 2000)
    Traceback (most recent call last):
    commonmode.store.errors.QueryRefusedError: needed at most 1000 brackets inside each other; \
found 2000. Hint: write it in steps: WITH a AS (…), b AS (…)
    """
    if len(sql) > MOST_CHARACTERS:
        msg = f"needed a statement of at most {MOST_CHARACTERS} characters; found {len(sql)}."
        raise QueryRefusedError(msg, "give values as parameters, a list of them as one: IN $ids")
    if not _is_unicode(sql):
        msg = "needed text in Unicode; found half a surrogate pair."
        raise QueryRefusedError(msg, "decode it before it is sent")
    depth = max(accumulate(_DEPTH.get(ord(each), 0) for each in sql), default=0)
    if depth > DEEPEST:
        msg = f"needed at most {DEEPEST} brackets inside each other; found {depth}."
        raise QueryRefusedError(msg, IN_STEPS)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_parsed(statement: Node) -> frozenset[str]:
    """Refuse what reaches outside the store's tables; return the names of the parameters.

    Parameters
    ----------
    statement : mapping
        The statement as ``json_serialize_sql`` of DuckDB writes it.

    Raises
    ------
    QueryRefusedError
        With what was found.
    """
    parameters: set[str] = set()
    for node in _nodes(statement):
        kind = node.get("type")
        if kind == "VALUE_PARAMETER":
            parameters.add(str(node["identifier"]))
        for check in _CHECKS.get(str(kind), ()):
            check(node)
        if "function_name" in node:
            _check_function(node)
    return frozenset(parameters)


def tables_of(statement: Node) -> frozenset[str]:
    """Return the names that a statement reads rows or columns from, in small letters."""
    return frozenset(
        str(node["table_name"]).lower() for node in _nodes(statement) if "table_name" in node
    )


def _nodes(statement: Node) -> Iterator[Node]:
    """Walk it without recursion: a statement may be deeper than Python's stack."""
    waiting: list[Any] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _check_rows_from(node: Node) -> None:
    name = str(node["function"].get("function_name", "")).lower()
    if name not in _ROWS_FROM:
        msg = f"{name}(…) cannot be read from here."
        raise QueryRefusedError(msg, "a query reads the store only, no files and no network")


def _check_table(node: Node) -> None:
    name = str(node.get("table_name", "")).lower()
    if _VIEWS_OF_ENGINE.match(name) and name not in _ROWS_FROM:
        msg = f"{name} cannot be read from here."
        raise QueryRefusedError(msg, "`duckdb_tables()` and `duckdb_columns()` list what can be")


def _check_column(node: Node) -> None:
    parts = len(node.get("column_names", ()))
    if parts > MOST_PARTS:
        msg = f"needed a name of at most {MOST_PARTS} parts; found {parts}."
        raise QueryRefusedError(msg, "inside JSON, `args ->> '$.a.b'` goes as deep as you like")


def _check_writes(node: Node) -> None:
    what = str(node["type"]).partition("_")[0]
    msg = f"only SELECT and EXPLAIN can be run here; found {what} inside it."
    raise QueryRefusedError(msg, "the store is read-only; `commonmode snapshot` makes a copy")


_CHECKS: Mapping[str, tuple[Callable[[Node], None], ...]] = {
    "TABLE_FUNCTION": (_check_rows_from,),
    "BASE_TABLE": (_check_table,),
    "COLUMN_REF": (_check_column,),
    **dict.fromkeys(
        ("INSERT_QUERY_NODE", "UPDATE_QUERY_NODE", "DELETE_QUERY_NODE", "MERGE_QUERY_NODE"),
        (_check_writes,),
    ),
}


def _check_function(node: Node) -> None:
    name = str(node["function_name"]).lower()
    if name in _CLOSED_FUNCTIONS:
        msg = f"the function {name} cannot be called here."
        raise QueryRefusedError(msg, "a query reads the store only, and leaves nothing behind")
    arguments = node.get("arguments", ())
    place = _COUNTS_OF.get(name, len(arguments))
    if place < len(arguments) and not _is_small(arguments[place]["expression"]):
        msg = f"needed {name}(…) with a number of at most {MOST_REPEATS:,} written out."
        raise QueryRefusedError(msg, "`bar(x, min, max)` draws bars; `left(text, n)` cuts a longer")


def _is_small(count: Node) -> bool:
    text = str(count.get("literal", {}).get("text", ""))
    return re.fullmatch(r"-?[0-9_]{1,9}", text) is not None and int(text) <= MOST_REPEATS
