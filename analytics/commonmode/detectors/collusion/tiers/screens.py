"""Tier A where nothing sold is known: prices that hardly move, beside those of other markets."""

from __future__ import annotations

import polars as pl

from commonmode.detectors.collusion.tiers.outcome import SCREENS
from commonmode.detectors.collusion.tiers.tier import SIGNIFICANT, Tier

LEAST_POSTS = 20
"""Prices of a market with which others are compared."""
_LEAST_MARKETS = 19
"""A rank among fewer cannot reach 5 %."""
_STANDS = 1e-9


def price_screen(table: pl.DataFrame, resource: str, lacking: str) -> Tier:
    """Return tier A from the coefficient of variation of prices, ranked among all markets.

    Prices that never move at all do not hold: a legal floor or a tariff leaves the same.

    Parameters
    ----------
    table : polars.DataFrame
        Tally of prices.
    resource : str
        The group's market.
    lacking : str
        Why profits could not be had.
    """
    price = pl.col("price")
    posted = table.filter(price.is_finite() & (price > 0))
    spread = (
        posted.group_by("resource")
        .agg(variation=price.std() / price.mean(), posts=pl.len())
        .filter(pl.col("posts") >= LEAST_POSTS)
    )
    own = spread.filter(pl.col("resource") == resource)
    others = spread.filter(pl.col("resource") != resource)["variation"]
    if own.is_empty():
        return Tier("A", SCREENS, None, f"they left too few prices, and {lacking}")
    if len(others) < _LEAST_MARKETS:
        few = f"only {len(others)} other markets have prices to compare with"
        return Tier("A", SCREENS, None, f"{lacking}, and {few}")
    variation = float(own["variation"].item())
    p = (1 + int((others <= variation).sum())) / (1 + len(others))
    stands = variation <= _STANDS
    why = f"prices vary by {variation:.1%} of their mean"
    return Tier(
        "A",
        SCREENS,
        p <= SIGNIFICANT and not stands,
        f"{why}: one price throughout, as a floor leaves" if stands else why,
        variation,
        p,
        int(own["posts"].item()),
        f"rank among {len(others)} other markets; profits not testable, because {lacking}",
    )
