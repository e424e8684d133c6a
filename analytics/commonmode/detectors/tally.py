"""Tallies: counts that merge, so that one detector runs over a file, an hour or ten shards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from commonmode.detectors.bound import Bound
from commonmode.detectors.coding import Ranked, plain

Tallies = dict[str, pl.DataFrame]
"""Named tally tables of one detector."""


@dataclass(frozen=True, kw_only=True)
class TallyTable:
    """The shape of one tally table, and with it how two of them merge.

    Rows are identified by `keys`.
    Rows of equal keys merge by adding `sums`, by the smaller of `minima`, by the larger of
    `maxima`, and by keeping `firsts` of the row that is smallest by `order`.
    Each of these is associative and commutative, so merging any split gives the whole.

    Parameters
    ----------
    schema : Mapping of str to polars.DataType
        Every column with its type.
    keys, sums, minima, maxima, firsts : tuple of str
        Each column stands in exactly one of these or in `order`.
    order : tuple of str
        Columns that decide which row's `firsts` are kept: the earliest. They merge with them.
    since : str
        Of a table that is carried into other windows (grants): the time column a row matters
        from, which may be before the window it was counted in (a permission approved in arrears).
        A window is judged with every row whose `since` is before its end; a new row opens the
        windows after its `since` again.
    bound : Bound, optional
        How the table is kept small where a log is large.

    Examples
    --------
    >>> t = TallyTable(schema={"agent": pl.String, "n": pl.Int64}, keys=("agent",), sums=("n",))
    >>> one = pl.DataFrame({"agent": ["a", "b"], "n": [1, 2]})
    >>> t.merge([one, one]).rows()
    [('a', 2), ('b', 4)]
    """

    schema: Mapping[str, pl.DataType | type[pl.DataType]]
    keys: tuple[str, ...]
    sums: tuple[str, ...] = ()
    minima: tuple[str, ...] = ()
    maxima: tuple[str, ...] = ()
    firsts: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    since: str = ""
    bound: Bound | None = None

    def __post_init__(self) -> None:
        """Refuse a table whose columns do not each have exactly one way to merge."""
        named = (*self.keys, *self.sums, *self.minima, *self.maxima, *self.firsts, *self.order)
        if sorted(named) != sorted(self.schema):
            msg = f"each column needs one way to merge; schema {list(self.schema)}, named {named}"
            raise ValueError(msg)

    @property
    def carried(self) -> bool:
        """Whether other windows are judged with its rows, too."""
        return bool(self.since)

    def empty(self) -> pl.DataFrame:
        """Return the table with no rows."""
        return pl.DataFrame(schema=self.schema)

    def merge(self, parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Add tables up; the order of the result does not depend on that of `parts`."""
        tables = [part.select(list(self.schema)) for part in parts if not part.is_empty()]
        if not tables:
            return self.empty()
        if self.order:
            merged = self._firsts(pl.concat(map(plain, tables)))
            return merged.sort(self.keys) if self.bound is None else self.bound.cut(merged)
        ranked = Ranked.of(tables)
        merged = self._sums(ranked.rows).sort(self.keys)
        return ranked.read(merged) if self.bound is None else self.bound.cut(ranked.read(merged))

    def _sums(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.group_by(self.keys).agg(self._added()).select(list(self.schema))

    def _added(self) -> list[pl.Expr]:
        return [
            *(pl.col(name).sum() for name in self.sums),
            *(pl.col(name).min() for name in self.minima),
            *(pl.col(name).max() for name in self.maxima),
        ]

    def _firsts(self, rows: pl.DataFrame) -> pl.DataFrame:
        # Most keys stand once, and comparing whole rows is what costs.
        sizes = rows.select(n=pl.len().over(self.keys))["n"]
        repeated = rows.filter(sizes > 1)
        first = pl.struct(*self.order, *self.firsts)
        earliest = repeated.group_by(self.keys).agg(
            *self._added(), first.sort_by(*self.order, *self.firsts).first()
        )
        chosen = earliest.unnest(self.order[0]).select(list(self.schema))
        return pl.concat([rows.filter(sizes == 1), chosen])


def merge_tallies(tables: Mapping[str, TallyTable], parts: Iterable[Tallies]) -> Tallies:
    """Merge whole sets of tallies, table by table."""
    parts = list(parts)
    return {
        name: table.merge(part[name] for part in parts if name in part)
        for name, table in tables.items()
    }
