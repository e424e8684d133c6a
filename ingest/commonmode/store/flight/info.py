"""What the server says of itself when a client asks what it can do."""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import version

import duckdb
import pyarrow as pa

_VALUES = [
    pa.field("string_value", pa.string()),
    pa.field("bool_value", pa.bool_()),
    pa.field("bigint_value", pa.int64()),
    pa.field("int32_bitmask", pa.int32()),
    pa.field("string_list", pa.list_(pa.string())),
    pa.field("int32_to_int32_list_map", pa.map_(pa.int32(), pa.list_(pa.int32()))),
]
SCHEMA = pa.schema(
    [
        pa.field("info_name", pa.uint32(), nullable=False),
        pa.field("value", pa.dense_union(_VALUES), nullable=False),
    ]
)

_NO_TRANSACTIONS = 0
_CASE_INSENSITIVE = 1
_NULLS_AT_END = 3


def _facts() -> dict[int, str | bool | int]:
    """Return the answers by the numbers that Flight SQL gives the questions."""
    return {
        0: "commonmode",
        1: version("commonmode"),
        2: pa.__version__,
        3: True,  # read-only
        4: True,  # takes SQL
        5: False,  # takes no Substrait
        8: _NO_TRANSACTIONS,
        9: False,  # a query is cancelled by closing its stream
        10: False,  # no bulk ingestion
        500: False,  # no statements that define catalogs,
        501: False,  # schemas
        502: False,  # or tables
        503: _CASE_INSENSITIVE,  # identifiers
        504: '"',
        505: _CASE_INSENSITIVE,  # quoted identifiers
        506: True,  # whoever may connect may read every table
        507: _NULLS_AT_END,
        520: f"DuckDB {duckdb.__version__}",
    }


def sql_info(wanted: Collection[int]) -> pa.Table:
    """Return the answers to the questions of these numbers; to all where none are named."""
    facts = {code: fact for code, fact in _facts().items() if not wanted or code in wanted}
    kinds: list[type] = [str, bool, int]
    children: list[list[object]] = [[], [], []]
    types, places = [], []
    for fact in facts.values():
        kind = next(i for i, each in enumerate(kinds) if type(fact) is each)
        types.append(kind)
        places.append(len(children[kind]))
        children[kind].append(fact)
    values = pa.UnionArray.from_dense(
        pa.array(types, pa.int8()),
        pa.array(places, pa.int32()),
        [
            pa.array(children[i] if i < len(children) else [], field.type)
            for i, field in enumerate(_VALUES)
        ],
        [field.name for field in _VALUES],
    )
    return pa.table([pa.array(list(facts), pa.uint32()), values], schema=SCHEMA)
