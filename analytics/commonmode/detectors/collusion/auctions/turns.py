"""Pairs of bidders who take turns: the winner changes more often than costs and chance allow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import scipy

from commonmode.detectors.collusion.auctions.book import Book
from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.rotation import Flags, chance_of_changes, changes, turn_taking_p_value

LEAST_WINS = 4
"""Wins of each of two, in auctions that both bid in: fewer cannot show turns."""

_PAIRS = {
    "first": pl.String,
    "second": pl.String,
    "auctions": pl.Int64,
    "changes": pl.Int64,
    "expected": pl.Float64,
    "p": pl.Float64,
}


def contests(book: Book) -> pl.DataFrame:
    """Return, of every two bidders, the auctions in which both bid and one of the two won.

    Columns ``first`` < ``second``, ``at``, ``auction``, ``first_won`` and ``stratum``: 0 where
    costs are unknown or equal, 1 or 2 where the first or the second was cheaper.
    """
    own = book.rows.select("auction", "agent", "at", "cost", "won")
    winner = own.filter("won").drop("won", "at")
    loser = own.filter(~pl.col("won")).drop("won")
    met = loser.join(winner, on="auction", suffix="_won")
    first_won = pl.col("agent_won") < pl.col("agent")
    cheaper = pl.col("cost_won") < pl.col("cost")
    first_cheaper = cheaper == first_won
    unknown = pl.col("cost").is_null() | pl.col("cost_won").is_null()
    equal = pl.col("cost") == pl.col("cost_won")
    return met.select(
        first=pl.min_horizontal("agent", "agent_won"),
        second=pl.max_horizontal("agent", "agent_won"),
        at="at",
        auction="auction",
        first_won=first_won,
        stratum=pl.when(unknown | equal).then(0).when(first_cheaper).then(1).otherwise(2),
    ).sort("first", "second", "at", "auction")


def pairs(met: pl.DataFrame) -> pl.DataFrame:
    """Return every pair of which each won often enough, with its changes of winner and p."""
    wins = met.group_by("first", "second").agg(
        won=pl.col("first_won").sum(), lost=(~pl.col("first_won")).sum()
    )
    often = wins.filter((pl.col("won") >= LEAST_WINS) & (pl.col("lost") >= LEAST_WINS))
    contested = met.join(often, on=("first", "second"), how="semi")
    rows = list(_tested(contested))
    return pl.DataFrame(rows, schema=_PAIRS, orient="row").sort("first", "second")


def corrected(found: pl.DataFrame, looks: float) -> pl.DataFrame:
    """Return pairs with q over all pairs that could be tested, paid for in so many looks."""
    if found.is_empty():
        return found.with_columns(q=pl.lit(None, pl.Float64))
    q = np.minimum(looks * scipy.stats.false_discovery_control(found["p"].to_numpy()), 1.0)
    return found.with_columns(q=pl.Series(q))


def chance(met: pl.DataFrame, first: str, second: str) -> Floats:
    """Return the chance of every number of changes of one pair."""
    own = met.filter((pl.col("first") == first) & (pl.col("second") == second))
    return chance_of_changes(own["first_won"].to_numpy(), own["stratum"].to_numpy())


def _tested(contested: pl.DataFrame) -> Iterator[tuple[str, str, int, int, float, float]]:
    for own in contested.partition_by("first", "second", maintain_order=True):
        won, stratum = own["first_won"].to_numpy(), own["stratum"].to_numpy()
        yield own["first"][0], own["second"][0], len(won), *_one(won, stratum)


def _one(won: Flags, stratum: Integers) -> tuple[int, float, float]:
    """Return changes, how many were expected, and p; 1 where they are no more than usual."""
    seen, wins = changes(won), int(won.sum())
    usual = 2 * wins * (len(won) - wins) / len(won)
    if seen <= usual:
        return seen, usual, 1.0
    allowed = chance_of_changes(won, stratum)
    return seen, float(allowed @ np.arange(len(allowed))), turn_taking_p_value(seen, allowed)
