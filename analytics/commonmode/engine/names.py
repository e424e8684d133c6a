"""Names: the texts that a store knows by their digests."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from commonmode.events import digest
from commonmode.store import Reader

MANY = 10_000
"""Names from which on all are read, in whatever windows they are."""

_COUNTED = {"agent": "presence", "resource": "resource_use"}
"""The counts that have each text of a column."""


@dataclass(frozen=True)
class Names:
    """Gives the texts of a column that have some digests, in their order.

    Parameters
    ----------
    reader : Reader
        The store.
    """

    reader: Reader

    def __call__(self, column: str, digests: pl.Series) -> pl.Series:
        """Return the texts; each digest must be of one that is stored."""
        known = self._all(column) if len(digests) > MANY else self._some(column, digests)
        wanted = pl.DataFrame({"digest": digests})
        return wanted.join(known, on="digest", how="left", maintain_order="left")["text"]

    def _all(self, column: str) -> pl.DataFrame:
        # Either half of the counts, as what is counted is not wanted.
        halves = [f"{half}_{_COUNTED[column]}" for half in ("folded", "recent")]
        sql = f"""
            SELECT {column} AS text, {digest(column)} AS digest
            FROM (SELECT {column} FROM {halves[0]} UNION SELECT {column} FROM {halves[1]})
        """  # noqa: S608  columns are named in code
        return self.reader.query(sql)

    def _some(self, column: str, digests: pl.Series) -> pl.DataFrame:
        number = f"{column}_digest"
        sql = f"""
            SELECT any_value("{column}") AS text, {number} AS digest FROM events
            WHERE {number} IN (SELECT unnest($digests::UBIGINT[])) GROUP BY digest
        """  # noqa: S608  columns are named in code
        return self.reader.query(sql, {"digests": digests.unique().to_list()})
