"""What sellers asked for, and what they earned by it, in bins of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from commonmode.detectors.collusion.presence import called
from commonmode.detectors.tally import TallyTable

LEFT = ("state_changed", "bid_placed")
"""The kinds whose price stands in the world for others to see; bids in auctions are sealed."""

PRICES = TallyTable(
    schema={
        "agent": pl.String,
        "resource": pl.String,
        "bin": pl.Int64,
        "price": pl.Float64,
        "cost": pl.Float64,
        "quantity": pl.Float64,
        "payoff": pl.Float64,
    },
    keys=("agent", "resource", "bin"),
    minima=("price", "cost", "quantity", "payoff"),
)
"""The lowest price that each agent left on each resource in each bin, with what is known of it."""


def prices(events: pl.LazyFrame, width: timedelta) -> pl.DataFrame:
    """Collect prices left in the world, and costs, quantities and payoffs of acts, by bin."""
    left = pl.col("kind").is_in(LEFT) & pl.col("price").is_not_null() & ~called()
    told = (pl.col("kind") == "action_taken") & (
        pl.col("cost").is_not_null() | pl.col("payoff").is_not_null()
    )
    rows = events.filter(pl.col("resource").is_not_null() & (left | told)).select(
        "agent",
        "resource",
        bin=pl.col("at").dt.epoch("us") // (width // timedelta(microseconds=1)),
        price=pl.when(left).then("price").cast(pl.Float64),
        **{name: pl.col(name).cast(pl.Float64) for name in ("cost", "quantity", "payoff")},
    )
    # Unsorted: merging sorts. Grouped, as a column of nulls alone is handed on as it was read, and
    # holds all that was read beside it.
    return rows.group_by(PRICES.keys).agg(pl.col(PRICES.minima).min()).collect()


def often_priced(parts: Sequence[pl.DataFrame], least: int) -> pl.DataFrame:
    """Leave out resources with fewer prices than that: no market can be made of them.

    Where no resource has two sellers with so many, there is no market to judge beside others.

    Examples
    --------
    >>> parts = [pl.DataFrame({"resource": [to], "agent": [by], "price": [1.0]})
    ...          for to, by in ("xa", "xb", "ya")]
    >>> often_priced(parts, 1).height, often_priced(parts, 2).height
    (3, 0)
    """
    posted = [part.filter(pl.col("price").is_not_null())["resource"] for part in parts]
    counts = pl.concat(posted).value_counts()
    often = counts.filter(pl.col("count") >= least)
    priced = pl.concat([part.join(often, on="resource", how="semi") for part in parts])
    sellers = priced.drop_nulls("price").group_by("resource", "agent").len()
    regular = sellers.filter(pl.col("len") >= least)["resource"]
    return priced if regular.is_duplicated().any() else priced.clear()
