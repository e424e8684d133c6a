"""Rows as CSV: no spreadsheet computes what agents wrote, and no terminal obeys it.

CSV has no way to say that a text is only a text, so what would be computed is kept from it by an
apostrophe, as spreadsheets write it themselves. Parquet, Arrow and JSON keep texts as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count

import polars as pl

_OBEYED = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_FORMULA = r"^([=+\-@\t])"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
"""A spreadsheet only reads these, sign or not."""


def as_csv(frame: pl.DataFrame) -> bytes:
    """Return rows as CSV with a header; what is nested becomes JSON text.

    Examples
    --------
    >>> print(as_csv(pl.DataFrame({"agent": ["=1+1", "b"], "with": [["x"], None]})).decode())
    agent,with
    '=1+1,"[""x""]"
    b,
    <BLANKLINE>
    """
    flat = _flat(frame).with_columns(_guarded(pl.col(pl.String)))
    names = pl.select(_guarded(pl.lit(pl.Series(frame.columns, dtype=pl.String)))).to_series()
    shown = dict(zip(frame.columns, distinct(names), strict=True))
    return flat.rename(shown).write_csv().encode()


def distinct(names: Iterable[str]) -> list[str]:
    """Return names, those that stood there already with a number.

    Examples
    --------
    >>> distinct(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    told: list[str] = []
    for name in names:
        numbered = (name if n == 1 else f"{name}_{n}" for n in count(1))
        told.append(next(free for free in numbered if free not in told))
    return told


def _guarded(texts: pl.Expr) -> pl.Expr:
    shown = texts.str.replace_all(_OBEYED, "\ufffd")
    return (
        pl.when(shown.str.contains(_NUMBER))
        .then(shown)
        .otherwise(shown.str.replace(_FORMULA, "'${1}"))
    )


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    return frame.with_columns(
        pl.Series(name, [_json(value) for value in frame[name].to_list()], pl.String)
        for name in nested
    )


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, default=str)
