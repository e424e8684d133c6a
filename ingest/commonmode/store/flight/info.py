"""What the server says of itself when a client asks what it can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.metadata import version
from typing import Any

import duckdb
import pyarrow as pa

_CHILDREN: Mapping[type, pa.Field] = {
    str: pa.field("string_value", pa.string()),
    bool: pa.field("bool_value", pa.bool_()),
    int: pa.field("bigint_value", pa.int64()),
    bytes: pa.field("int32_bitmask", pa.int32()),
    list: pa.field("string_list", pa.list_(pa.string())),
    dict: pa.field("int32_to_int32_list_map", pa.map_(pa.int32(), pa.list_(pa.int32()))),
}
"""The kinds of answers in the order that Flight SQL has them, by the Python type used here."""

SCHEMA = pa.schema(
    [
        pa.field("info_name", pa.uint32(), nullable=False),
        pa.field("value", pa.dense_union(list(_CHILDREN.values())), nullable=False),
    ]
)

Fact = str | bool | int | bytes | list[str] | dict[int, list[int]]
"""An answer; bytes hold the numbers of the bits that are set."""

_NOTHING = b""
_CASE_INSENSITIVE = 1
_NULLS_AT_END = 3
_UNLIMITED = 0

_KEYWORDS = "SELECT keyword_name FROM duckdb_keywords() ORDER BY ALL"
_FUNCTIONS = """
    SELECT DISTINCT function_name FROM duckdb_functions()
    WHERE function_type IN ('scalar', 'macro') AND parameter_types[1] IN (SELECT unnest($first))
        AND regexp_full_match(function_name, '[a-z][a-z0-9_]*')
        AND NOT contains(function_name, 'collate_')
    ORDER BY ALL
"""


def sql_info(cursor: duckdb.DuckDBPyConnection, wanted: Collection[int]) -> pa.Table:
    """Return the answers to the questions of these numbers; to all where none are named."""
    facts = {**_IDENTITY, **_GRAMMAR, **_TRANSACTIONS, **_LIMITS, **_vocabulary(cursor)}
    return _table({code: fact for code, fact in facts.items() if not wanted or code in wanted})


_IDENTITY: Mapping[int, Fact] = {
    0: "commonmode",
    1: version("commonmode"),
    2: pa.__version__,
    3: True,  # read-only
    4: True,  # takes SQL
    5: False,  # takes no Substrait
    8: b"\x00",  # transactions: none
    9: False,  # a query is cancelled by closing its stream
    10: False,  # no bulk ingestion
    11: False,  # and none in transactions
}
"""Who answers, by the numbers that Flight SQL gives the questions; so are the tables below."""

_GRAMMAR: Mapping[int, Fact] = {
    500: False,  # no statements that define catalogs,
    501: False,  # schemas
    502: False,  # or tables
    503: _CASE_INSENSITIVE,  # identifiers
    504: '"',
    505: _CASE_INSENSITIVE,  # quoted identifiers
    506: True,  # whoever may connect may read every table
    507: _NULLS_AT_END,
    513: "\\",  # keeps % and _ of a pattern from matching others
    514: "",  # no characters but the usual in bare identifiers
    515: True,  # column aliases
    516: True,  # NULL || 'x' is NULL
    517: {},  # CONVERT(): none, there is CAST
    518: True,  # table aliases,
    519: False,  # which may be names of other tables
    520: True,  # expressions in ORDER BY,
    521: True,  # also of what is not selected
    522: bytes([0, 1]),  # GROUP BY what is not selected, and more than it
    523: True,  # LIKE … ESCAPE
    524: True,  # NOT NULL columns
    525: bytes([0, 1, 2]),  # minimum, core and extended ODBC grammar
    526: bytes([0]),  # SQL-92 entry level
    527: False,  # no integrity enhancement facility
    528: bytes([1, 2]),  # limited and full outer joins
    529: "schema",
    530: "procedure",
    531: "catalog",
    532: True,  # catalog.schema.table
    533: _NOTHING,  # schemas in calls, index and privilege definitions
    534: _NOTHING,  # catalogs there
    535: _NOTHING,  # positioned DELETE and UPDATE
    536: False,  # SELECT … FOR UPDATE
    537: False,  # stored procedures
    538: bytes([0, 1, 2, 3]),  # subqueries in comparisons, EXISTS, IN and quantified ones
    539: True,  # correlated subqueries
    540: bytes([0, 1]),  # UNION and UNION ALL
}

_TRANSACTIONS: Mapping[int, Fact] = {
    562: 0,  # isolation by default: none, each statement sees one moment
    563: False,  # transactions
    564: b"\x00",  # isolation levels: none
    565: False,  # data definition commits
    566: False,  # data definition is ignored in transactions
    567: bytes([1]),  # result sets: forward only
    568: _NOTHING,
    569: bytes([1]),  # forward only: read only
    570: _NOTHING,
    571: _NOTHING,
    572: False,  # batch updates
    573: False,  # savepoints
    574: False,  # named parameters in calls
    575: False,  # locators
    576: False,  # functions by CALL
}

_LIMITS: Mapping[int, Fact] = {
    100: b"",  # ms until a prepared statement ends: never
    101: b"",  # ms until a transaction ends: there are none
    **dict.fromkeys(range(541, 562), _UNLIMITED),  # lengths and counts of all sorts
    556: False,  # whether the greatest row counts BLOBs
}


def _vocabulary(cursor: duckdb.DuckDBPyConnection) -> dict[int, Fact]:
    """Return the words that an editor completes: keywords, then functions by what they take."""

    def words(query: str, *first: str) -> list[str]:
        parameters = {"first": list(first)} if first else None
        return [word for (word,) in cursor.execute(query, parameters).fetchall()]

    times = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
    return {
        508: words(_KEYWORDS),
        509: words(_FUNCTIONS, "DOUBLE", "BIGINT"),
        510: words(_FUNCTIONS, "VARCHAR"),
        511: ["current_catalog", "current_schema", "version"],
        512: words(_FUNCTIONS, *times),
    }


def _table(facts: Mapping[int, Fact]) -> pa.Table:
    kinds = list(_CHILDREN)
    types = [kinds.index(type(fact)) for fact in facts.values()]
    children: list[list[Any]] = [[] for _ in kinds]
    places = []
    for kind, fact in zip(types, facts.values(), strict=True):
        places.append(len(children[kind]))
        children[kind].append(sum(1 << bit for bit in fact) if isinstance(fact, bytes) else fact)
    values = pa.UnionArray.from_dense(
        pa.array(types, pa.int8()),
        pa.array(places, pa.int32()),
        [
            pa.array([list(each.items()) for each in child] if kind is dict else child, field.type)
            for child, (kind, field) in zip(children, _CHILDREN.items(), strict=True)
        ],
        [field.name for field in _CHILDREN.values()],
    )
    return pa.table([pa.array(list(facts), pa.uint32()), values], schema=SCHEMA)
