"""Texts as numbers: grouped and sorted several times faster than the texts themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import polars as pl


def coded(rows: pl.DataFrame) -> pl.DataFrame:
    """Write each text once, in a dictionary, and its number wherever it stands.

    Examples
    --------
    >>> coded(pl.DataFrame({"agent": ["a", "b", "a"]})).schema
    Schema([('agent', Categorical)])
    """
    return rows.with_columns(pl.col(pl.String).cast(pl.Categorical))


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Write texts where `coded` wrote their numbers.

    Examples
    --------
    >>> rows = pl.DataFrame({"agent": ["a", None, "a"]})
    >>> plain(coded(rows)).equals(rows)
    True
    """
    return rows.with_columns(pl.col(pl.Categorical).cast(pl.String))


class Ranked(NamedTuple):
    """Rows with numbers for texts, which stand in the order of the texts; and the texts.

    Attributes
    ----------
    rows : polars.DataFrame
        Numbers in the place of texts.
    texts : dict of str to polars.Series
        The texts of each column, sorted: a number is a place in it.
    """

    rows: pl.DataFrame
    texts: dict[str, pl.Series]

    @classmethod
    def of(cls, parts: Iterable[pl.DataFrame]) -> Ranked:
        """Rank the texts of some parts of one table, coded or not.

        Examples
        --------
        >>> parts = pl.DataFrame({"agent": ["b", None]}), pl.DataFrame({"agent": ["a"]})
        >>> ranked = Ranked.of(parts)
        >>> ranked.rows["agent"].to_list(), ranked.texts["agent"].to_list()
        ([1, None, 0], ['a', 'b'])
        """
        rows = pl.concat(map(coded, parts))
        both = {name: _ranked(rows[name]) for name in rows.select(pl.col(pl.Categorical)).columns}
        ranks = [rank.alias(name) for name, (rank, _) in both.items()]
        return cls(rows.with_columns(ranks), {name: texts for name, (_, texts) in both.items()})

    def read(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows of such numbers with their texts."""
        return rows.with_columns(
            texts.gather(rows[name]).alias(name) for name, texts in self.texts.items()
        )


def _ranked(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    known = column.unique().drop_nulls()
    texts = known.cast(pl.String).alias("")
    order = texts.arg_sort()
    codes = known.to_physical().to_numpy()
    places = np.zeros(int(codes.max(initial=0)) + 1, np.uint32)
    places[codes[order.to_numpy()]] = np.arange(len(codes), dtype=np.uint32)
    return pl.Series(places).gather(column.to_physical()), texts.gather(order)
