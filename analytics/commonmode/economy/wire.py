"""Rows → wire lines."""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl

from commonmode.economy.rows import WIDE
from commonmode.events import BY_NAME, FIELDS

_encode = msgspec.json.Encoder().encode


def to_lines(chunk: pl.DataFrame) -> list[bytes]:
    """Return one JSON line per row, in order, with only what is known of it."""
    numbered = chunk.with_row_index("_line")
    lines: list[bytes] = [b""] * chunk.height
    for (kind,), part in numbered.partition_by("kind", as_dict=True).items():
        fields = ("kind", *BY_NAME[kind].__struct_fields__)
        have = [name for name in fields if name in part.columns]
        names = [name for name in have if part[name].null_count() < part.height]
        columns = zip(*(_values(part[name]) for name in names), strict=True)
        for place, values in zip(part["_line"].to_list(), columns, strict=True):
            known = zip(names, values, strict=True)
            lines[place] = _encode({name: value for name, value in known if value is not None})
    return lines


def _values(column: pl.Series) -> list[Any]:
    if WIDE[column.name] == pl.Datetime("us", "UTC"):
        return pl.from_epoch(column, "us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_list()
    if column.name != "kind" and FIELDS[column.name].is_json:
        return [None if text is None else msgspec.Raw(text.encode()) for text in column]
    return column.to_list()
