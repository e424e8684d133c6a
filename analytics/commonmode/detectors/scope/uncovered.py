"""Which actions no plain permission covers."""

from __future__ import annotations

from functools import cached_property

import polars as pl

from commonmode.detectors.hashed import Hashed


class Uncovered:
    """Picks the actions that no plain permission covers.

    Parameters
    ----------
    plain : polars.DataFrame
        Permissions: ``agent_digest``, ``grant_digest``, ``begins``, ``ends``, ``place``, and the
        hashes of ``actions``.
    """

    def __init__(self, plain: pl.DataFrame) -> None:
        # What belongs to a permission is fetched by the million rows.
        held = plain.rechunk()
        self._held = held.select(
            "actions",
            "begins",
            "ends",
            "place",
            holder="agent_digest",
            below=pl.col("place") + "/",
        )
        self._by_grant = Hashed(held["grant_digest"].to_numpy())

    @cached_property
    def _by_agent(self) -> Hashed:
        # In many a log every action names its grant.
        return Hashed(self._held["holder"].to_numpy())

    def __call__(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return the digests of their agents and grants, and `first` and `last` time of each."""
        rows = asked.rechunk()
        named = pl.col("grant_digest").is_not_null()
        left = [self._left(rows.filter(named), self._by_grant, "grant_digest")]
        if len(others := rows.filter(~named)):
            left.append(self._left(others, self._by_agent, "agent_digest"))
        times = {"first": pl.col("at").min(), "last": pl.col("at").max()}
        return pl.concat(left).group_by("agent_digest", "grant_digest").agg(**times)

    def _left(self, asked: pl.DataFrame, known: Hashed, by: str) -> pl.DataFrame:
        at = known.first(asked[by].to_numpy())
        left = [asked.filter(at < 0)]
        while len(asked := asked.filter(at >= 0)):
            at = at[at >= 0]
            both = pl.concat([asked, self._held[known.rows[at]]], how="horizontal")
            covered = both.select(covered=_covers())["covered"]
            asked, at = asked.filter(~covered), known.next(at[~covered.to_numpy()])
            left.append(asked.filter(at < 0))
        return pl.concat(left)


def _covers() -> pl.Expr:
    """Whether a permission covers what was asked; where that cannot be told, it does not."""
    resource, place = pl.col("resource"), pl.col("place")
    below = resource.str.starts_with(pl.col("below")) & ~resource.str.contains("..", literal=True)
    told = (
        (pl.col("agent_digest") == pl.col("holder"))
        & (pl.col("begins") <= pl.col("at"))
        & (pl.col("ends").is_null() | (pl.col("at") < pl.col("ends")))
        & (pl.col("actions").is_null() | pl.col("actions").list.contains(pl.col("action")))
        & (place.is_null() | (resource == place) | below)
    )
    return told.fill_null(value=False)
