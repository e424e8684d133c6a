"""The book of auctions: every bid turned so that the lowest wins, and who won."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.statistics.ballots import Floats

_TWO = 2


@dataclass(frozen=True)
class Book:
    """All auctions of a window to which two bidders or more came, and not a crowd.

    Where the log says that highest bids win, bids and values stand as one over themselves, so
    that the lowest wins everywhere.

    Attributes
    ----------
    rows : polars.DataFrame
        One per bid: ``auction``, ``agent``, ``resource``, ``at`` (of the auction), ``came`` (how
        many bid), ``bid``, ``cost``, ``won``; sorted by ``at``, ``auction`` and ``agent``.
    highest : frozenset of str
        Resources whose highest bid wins.
    said : bool
        Whether the log says who won.
    """

    rows: pl.DataFrame
    highest: frozenset[str]
    said: bool

    @classmethod
    def of(cls, bids: pl.DataFrame, cleared: pl.DataFrame, most_agents: int) -> Book:
        """Lay out the tallies of bids and clearings."""
        rows = _judged(bids.join(cleared, on="auction", how="left"), most_agents)
        said = rows.drop_nulls("winner")
        highest = frozenset(_highest(said))
        wins = pl.when(pl.col("resource").is_in(list(highest)))
        turned = rows.with_columns(
            bid=wins.then(1 / pl.col("highest")).otherwise("lowest"),
            cost=wins.then(1 / pl.col("value")).otherwise("cost"),
        ).with_columns(best=pl.col("bid") == pl.col("bid").min().over("auction"))
        # A tie that nobody resolved has no winner.
        alone = pl.col("best") & (pl.col("best").sum().over("auction") == 1)
        won = pl.when(pl.col("winner").is_null()).then(alone)
        laid = turned.with_columns(won=won.otherwise(pl.col("agent") == pl.col("winner")))
        columns = ("auction", "agent", "resource", "at", "came", "bid", "cost", "won")
        ordered = laid.select(columns).sort("at", "auction", "agent")
        return cls(ordered, highest, said=not said.is_empty())

    def among(self, agents: tuple[str, ...], least: int) -> pl.DataFrame:
        """Return all bids of the auctions to which so many of some agents came."""
        here = pl.col("agent").is_in(list(agents)).sum().over("auction")
        return self.rows.filter(here >= least)


def _judged(rows: pl.DataFrame, most_agents: int) -> pl.DataFrame:
    counted = rows.with_columns(
        came=pl.len().over("auction"),
        at=pl.col("at").min().over("auction"),
        resource=pl.col("resource").min().over("auction"),
    )
    return counted.filter(pl.col("came").is_between(_TWO, most_agents))


def _highest(said: pl.DataFrame) -> list[str]:
    """Return the resources where winners bid the highest more often than the lowest."""
    of_auction = said.with_columns(
        top=pl.col("highest").max().over("auction"), bottom=pl.col("lowest").min().over("auction")
    ).filter((pl.col("agent") == pl.col("winner")) & (pl.col("top") > pl.col("bottom")))
    votes = of_auction.group_by("resource").agg(
        up=(pl.col("highest") == pl.col("top")).sum(),
        down=(pl.col("lowest") == pl.col("bottom")).sum(),
    )
    return votes.filter(pl.col("up") > pl.col("down"))["resource"].to_list()


def costs_known(rows: pl.DataFrame) -> bool:
    """Whether the cost of every bid is logged."""
    return bool(rows["cost"].is_finite().fill_null(value=False).all())


def table(rows: pl.DataFrame, name: str, agents: list[str], order: list[str]) -> Floats:
    """Return a column of bids as auctions by agents, NaN where one did not bid or say."""
    line = {auction: n for n, auction in enumerate(order)}
    column = {agent: n for n, agent in enumerate(agents)}
    theirs = rows.filter(pl.col("agent").is_in(agents))
    laid = np.full((len(order), len(agents)), np.nan)
    at = [line[auction] for auction in theirs["auction"]]
    who = [column[agent] for agent in theirs["agent"]]
    laid[at, who] = theirs[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return laid
