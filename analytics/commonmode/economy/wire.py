"""Rows → wire lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import polars as pl

from commonmode.economy.rows import WIDE
from commonmode.events import BY_NAME, FIELDS

_LINE, _GAPS = "_line", "_gaps"
_encode = msgspec.json.Encoder().encode


def to_lines(chunk: pl.DataFrame) -> list[bytes]:
    """Return one JSON line per row, in order, with only what is known of it."""
    lines: list[bytes] = [b""] * chunk.height
    for part in _alike(chunk.with_row_index(_LINE)):
        names = [name for name in part.columns if name != _LINE]
        for place, line in zip(part[_LINE].to_list(), _written(part.select(names)), strict=True):
            lines[place] = line
    return lines


def _alike(chunk: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of one kind that know the same fields, without the others."""
    for (kind,), part in chunk.partition_by("kind", as_dict=True).items():
        fields = ("kind", *BY_NAME[kind].__struct_fields__)
        known = [n for n in fields if n in part.columns and part[n].null_count() < part.height]
        gaps = [pl.col(name).is_null().cast(pl.String) for name in known if part[name].null_count()]
        for same in part.with_columns(pl.concat_str("kind", *gaps).alias(_GAPS)).partition_by(
            _GAPS
        ):
            yield same.select(_LINE, *(name for name in known if not same[name].null_count()))


def _written(rows: pl.DataFrame) -> list[bytes]:
    times = [name for name in rows.columns if WIDE[name] == pl.Datetime("us", "UTC")]
    stamped = rows.with_columns(
        pl.from_epoch(name, "us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ") for name in times
    )
    raw = {name for name in rows.columns if name != "kind" and FIELDS[name].is_json}
    if raw:
        return [_encode(_embedded(row, raw)) for row in stamped.iter_rows(named=True)]
    text = stamped.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    return text.cast(pl.Binary).to_list()


def _embedded(row: dict[str, Any], raw: set[str]) -> dict[str, Any]:
    """Return a row with its JSON columns as the JSON they hold, not as text."""
    return row | {name: msgspec.Raw(row[name].encode()) for name in raw}
