"""Names: the texts that a store knows by their digests."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from commonmode.detectors import Window
from commonmode.engine.reading import inside
from commonmode.events import digest
from commonmode.store import Reader

MANY = 100_000
"""Agents from which on all are named, whatever they did: they are counted already."""


@dataclass(frozen=True)
class Names:
    """Gives the texts of a column that have some digests in a window, in their order.

    Parameters
    ----------
    reader : Reader
        The store.
    """

    reader: Reader

    def __call__(self, column: str, window: Window, digests: pl.Series) -> pl.Series:
        """Return the texts; each digest must be of one in that window."""
        asked = digests.unique()
        if asked.is_empty():
            return digests.cast(pl.String)
        are_many = column == "agent" and len(asked) > MANY
        known = self._everyone() if are_many else self._some(column, window, asked)
        wanted = pl.DataFrame({"digest": digests})
        return wanted.join(known, on="digest", how="left", maintain_order="left")["text"]

    def _everyone(self) -> pl.DataFrame:
        # Of either half, as `presence` would add up what each of them did.
        who = "SELECT agent FROM folded_presence UNION SELECT agent FROM recent_presence"
        sql = f"SELECT agent AS text, {digest('agent')} AS digest FROM ({who})"  # noqa: S608  constants only
        return self.reader.query(sql)

    def _some(self, column: str, window: Window, digests: pl.Series) -> pl.DataFrame:
        there, number = inside([window]), f"{column}_digest"
        sql = f"""
            SELECT any_value("{column}") AS text, {number} AS digest FROM events
            WHERE {there.text} AND {number} IN (SELECT unnest($digests::UBIGINT[])) GROUP BY digest
        """  # noqa: S608  columns are named in code
        return self.reader.query(sql, {**there.parameters, "digests": digests.to_list()})
