"""Who bid what in which auction, and who won."""

from __future__ import annotations

import polars as pl

from commonmode.detectors.tally import TallyTable

BIDS = TallyTable(
    schema={
        "auction": pl.String,
        "agent": pl.String,
        "resource": pl.String,
        "operator": pl.String,
        "at": pl.Int64,
        "lowest": pl.Float64,
        "cost": pl.Float64,
        "highest": pl.Float64,
        "value": pl.Float64,
    },
    keys=("auction", "agent"),
    minima=("resource", "operator", "at", "lowest", "cost"),
    maxima=("highest", "value"),
)
"""The lowest and the highest bid of each agent in each auction, and when it first bid (µs)."""

CLEARED = TallyTable(
    schema={"auction": pl.String, "winner": pl.String},
    keys=("auction",),
    minima=("winner",),
)
"""Who won each auction that was said to have cleared."""


def bids(events: pl.LazyFrame) -> pl.DataFrame:
    """Collect the bids that say, by their context, which auction they were made in."""
    price = pl.col("price").cast(pl.Float64)
    made = events.filter(
        (pl.col("kind") == "bid_placed")
        & pl.col("context").is_not_null()
        & price.is_finite()
        & (price > 0)
    )
    rows = made.select(
        "agent",
        "resource",
        "operator",
        auction="context",
        at=pl.col("at").dt.epoch("us"),
        lowest=price,
        highest=price,
        cost=pl.col("cost").cast(pl.Float64),
        value=pl.col("value").cast(pl.Float64),
    )
    merged = rows.group_by(BIDS.keys).agg(pl.col(BIDS.minima).min(), pl.col(BIDS.maxima).max())
    return merged.select(list(BIDS.schema)).collect()


def cleared(events: pl.LazyFrame) -> pl.DataFrame:
    """Collect who was said to have won."""
    said = events.filter(
        (pl.col("kind") == "auction_cleared")
        & pl.col("context").is_not_null()
        & pl.col("winner").is_not_null()
    )
    rows = said.group_by(auction="context").agg(pl.col("winner").min())
    return rows.select(list(CLEARED.schema)).collect()
