"""A table that stays small whatever the log: groups of rows sampled by their digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl
from msgspec import Struct

_DIGESTS = 2**64


class Narrowing(Struct, frozen=True):
    """Which events can still change a tally: those whose digest of a column is small enough.

    Attributes
    ----------
    column : str
        A column of text; an event without it changes nothing.
    most : int
        The largest `digest` that matters.
    """

    column: str
    most: int

    @property
    def share(self) -> float:
        """The share of texts that still matter: digests are spread evenly.

        Examples
        --------
        >>> Narrowing("context", 2**62).share
        0.25
        """
        return self.most / _DIGESTS


@dataclass(frozen=True, kw_only=True)
class Bound:
    r"""Keep whole groups of rows, in the order of their digests, until there are enough rows.

    .. math:: τ = \min\{t : Σ_{x:\, d(x) ≤ t} \min(n_x, cap) ≥ most\}

    Groups x with digest :math:`d(x) ≤ τ` are kept; of a group of more than `most_each` rows those
    members are kept whose own digests are smallest. What is kept depends on the rows alone, and
    never on their order: a part that is full holds every row that the whole keeps, so cutting
    parts and merging them gives the same as cutting the whole.
    A digest knows nothing of what was chosen, so the groups kept are a random sample.

    Parameters
    ----------
    group, member : str
        Columns of text; together the keys of a row.
    digest : str
        Column for the group's digest; the table is sorted by it.
    most, most_each : int
        Rows kept in all, give or take a group, and of each group.

    References
    ----------
    Cohen & Kaplan (2007), Summarizing data using bottom-k sketches.

    Examples
    --------
    >>> rows = pl.DataFrame({"context": ["x", "y", "y", "z"], "agent": ["a", "a", "b", "b"]})
    >>> rows = rows.with_columns(place=digest(rows["context"]))
    >>> bound = Bound(group="context", member="agent", digest="place", most=2, most_each=5)
    >>> bound.cut(rows).rows()
    [('y', 'a', 6716080424786413614), ('y', 'b', 6716080424786413614)]
    """

    group: str
    member: str
    digest: str
    most: int
    most_each: int

    def cut(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return what is kept of a merged table, sorted by digest, group and member."""
        kept = self._seated(self._enough(rows))
        return kept.sort(self.digest, self.group, self.member)

    def narrowing(self, rows: pl.DataFrame) -> Narrowing | None:
        """Return which events could still change a table cut to this bound; None: any."""
        last = rows[self.digest].max() if len(rows) >= self.most else None
        return Narrowing(self.group, last) if isinstance(last, int) else None

    def is_crowded(self, rows: pl.DataFrame) -> bool:
        """Whether some group of a cut table may have had more members than are kept of it."""
        return bool((self._sizes(rows)["len"] >= self.most_each).any())

    def _sizes(self, rows: pl.DataFrame) -> pl.DataFrame:
        # Numbers are grouped faster than the texts that they stand for.
        return rows.group_by(self.digest).len()

    def _enough(self, rows: pl.DataFrame) -> pl.DataFrame:
        sizes = self._sizes(rows).sort(self.digest)
        reached = sizes["len"].clip(upper_bound=self.most_each).cum_sum() >= self.most
        full = sizes.filter(reached)
        return rows.filter(pl.col(self.digest) <= full[self.digest][0]) if len(full) else rows

    def _seated(self, rows: pl.DataFrame) -> pl.DataFrame:
        crowded = self._sizes(rows).filter(pl.col("len") > self.most_each)
        if crowded.is_empty():
            return rows
        rest = rows.join(crowded, on=self.digest, how="anti")
        full = rows.join(crowded, on=self.digest, how="semi")
        ranked = full.with_columns(seat=digest(full[self.member])).sort("seat", self.member)
        first = ranked.filter(pl.int_range(pl.len()).over(self.digest) < self.most_each)
        return pl.concat([rest, first.drop("seat")])


def digest(texts: pl.Series) -> pl.Series:
    """Return 64 bits of each text's MD5, as DuckDB's ``md5_number_lower`` gives them.

    Examples
    --------
    >>> digest(pl.Series(["abc"])).to_list()
    [8250560606382298838]
    """
    known = pl.DataFrame({"text": texts.unique()})
    numbers = pl.Series("number", map(_number, known["text"]), dtype=pl.UInt64)
    return texts.to_frame("text").join(
        known.with_columns(numbers), on="text", how="left", maintain_order="left"
    )["number"]


def _number(text: str) -> int:
    hashed = hashlib.md5(text.encode(), usedforsecurity=False)
    return int.from_bytes(hashed.digest()[8:], "little")
