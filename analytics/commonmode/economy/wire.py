"""Rows → wire lines."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from commonmode.economy.rows import WIDE
from commonmode.events import BY_NAME, FIELDS

LINE = "line"
_ROW, _GAPS = "_row", "_gaps"


def as_lines(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows as JSON lines (`LINE`), with only what is known of each, and when they arrive."""
    parts = [_written(part) for part in _alike(rows.with_row_index(_ROW))]
    lines = pl.concat(parts).sort(_ROW)[LINE]
    return rows.select("arrives", "id", "is_label").with_columns(lines)


def _alike(chunk: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of one kind that know the same fields, without the others."""
    for (kind,), part in chunk.partition_by("kind", as_dict=True).items():
        fields = ("kind", *BY_NAME[kind].__struct_fields__)
        known = [n for n in fields if n in part.columns and part[n].null_count() < part.height]
        gaps = [pl.col(name).is_null().cast(pl.String) for name in known if part[name].null_count()]
        for same in part.with_columns(pl.concat_str("kind", *gaps).alias(_GAPS)).partition_by(
            _GAPS
        ):
            yield same.select(_ROW, *(name for name in known if not same[name].null_count()))


def _written(rows: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in rows.columns if name != _ROW]
    raw = [name for name in names if name != "kind" and FIELDS[name].is_json]
    plain = [_stamped(name) for name in names if name not in raw]
    text = pl.struct(plain).struct.json_encode()
    if raw:
        # What is JSON already is put in as it stands, before the closing brace.
        inside = [part for name in raw for part in (pl.lit(f',"{name}":'), pl.col(name))]
        text = pl.concat_str(text.str.head(-1), *inside, pl.lit("}"))
    return rows.select(_ROW, text.alias(LINE))


def _stamped(name: str) -> pl.Expr:
    if WIDE.get(name) != pl.Datetime("us", "UTC"):
        return pl.col(name)
    return pl.from_epoch(name, "us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
