"""Which actions no plain permission covers."""

from __future__ import annotations

import polars as pl

from commonmode.detectors.hashed import Hashed


class Uncovered:
    """Picks the actions that no plain permission covers.

    Parameters
    ----------
    plain : polars.DataFrame
        Permissions: ``agent``, hash of the ``grant``, ``actions``, ``begins``, ``ends``, ``place``.
    """

    def __init__(self, plain: pl.DataFrame) -> None:
        # What belongs to a permission is fetched by the million rows.
        held = plain.rechunk()
        self._held = held.select(
            "actions",
            "begins",
            "ends",
            "place",
            digest=pl.col("agent").hash(),
            below=pl.col("place") + "/",
        )
        self._by_grant = Hashed(held["grant"].to_numpy())
        self._by_agent = Hashed(self._held["digest"].to_numpy())

    def __call__(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return `agent`, and the time as `first` and `last`, of those actions."""
        rows = asked.rechunk().with_columns(digest=pl.col("agent").hash())
        left = [
            self._left(rows.filter(pl.col("any_grant")), self._by_agent, "digest"),
            self._left(rows.filter(~pl.col("any_grant")), self._by_grant, "grant"),
        ]
        return pl.concat(left).select("agent", first="at", last="at")

    def _left(self, asked: pl.DataFrame, known: Hashed, by: str) -> pl.DataFrame:
        at = known.first(asked[by].to_numpy())
        left = [asked.filter(at < 0)]
        while len(asked := asked.filter(at >= 0)):
            at = at[at >= 0]
            held = self._held[known.rows[at]].rename({"digest": "holder"})
            both = pl.concat([asked, held], how="horizontal")
            covered = both.select(covered=_covers())["covered"]
            asked, at = asked.filter(~covered), known.next(at[~covered.to_numpy()])
            left.append(asked.filter(at < 0))
        return pl.concat(left)


def _covers() -> pl.Expr:
    """Whether a permission covers what was asked; where that cannot be told, it does not."""
    resource, place = pl.col("resource"), pl.col("place")
    below = resource.str.starts_with(pl.col("below")) & ~resource.str.contains("..", literal=True)
    action = pl.col("actions").list.contains(pl.col("action"))
    return (
        (pl.col("digest") == pl.col("holder"))
        & (pl.col("begins") <= pl.col("at"))
        & (pl.col("ends").is_null() | (pl.col("at") < pl.col("ends")))
        & (pl.col("actions").is_null() | action.fill_null(value=False))
        & (place.is_null() | ((resource == place) | below).fill_null(value=False))
    )
