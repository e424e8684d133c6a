"""Markets: resources whose sellers post prices again and again, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.statistics.ballots import Floats, Integers


@dataclass(frozen=True)
class Market:
    """One resource and the sellers in question.

    Attributes
    ----------
    resource : str
        What they sell.
    agents : tuple of str
        The sellers, in the order of the columns.
    origin, step : int
        Bin that round 0 begins with, and bins a round.
    prices : ndarray of shape (rounds, sellers)
        What stood at the end of each round.
    cost, quantity, payoff : ndarray of shape (rounds, sellers) or None
        None where the log does not hold it of every seller; costs stand until they change.
    """

    resource: str
    agents: tuple[str, ...]
    origin: int
    step: int
    prices: Floats
    cost: Floats | None
    quantity: Floats | None
    payoff: Floats | None

    @property
    def over_cost(self) -> Floats:
        """Prices over cost, where costs are known: a cost that is passed on is no move."""
        return self.prices if self.cost is None else self.prices / self.cost


def regulars(table: pl.DataFrame, least_posts: int, most_agents: int) -> dict[str, list[str]]:
    """Return, by resource, the agents that posted at least so many prices there; two or more."""
    posted = table.filter(pl.col("price").is_finite() & (pl.col("price") > 0))
    often = posted.group_by("resource", "agent").len().filter(pl.col("len") >= least_posts)
    by_place = often.group_by("resource").agg(pl.col("agent").sort()).sort("resource")
    several = pl.col("agent").list.len().is_between(2, most_agents)
    return dict(by_place.filter(several).iter_rows())


def market(table: pl.DataFrame, resource: str, agents: Sequence[str]) -> Market | None:
    """Lay out the prices of some sellers of a resource, round by round.

    A round is the median time between two prices of a seller. Rounds count from when all have
    posted until one posts no more; None where fewer than four are left.

    Parameters
    ----------
    table : polars.DataFrame
        Tally of the prices of that resource.
    resource : str
        Its name.
    agents : sequence of str
        The sellers, each with a price there.
    """
    there = table.sort("bin")
    posted = there.filter(pl.col("price").is_finite() & (pl.col("price") > 0))
    theirs = posted.filter(pl.col("agent").is_in(list(agents)))
    gaps = theirs.select(gap=pl.col("bin") - pl.col("bin").shift(1).over("agent"))["gap"]
    step = max(1, int(gaps.drop_nulls().median() or 1))  # type: ignore[arg-type]
    span = theirs.group_by("agent").agg(first=pl.col("bin").min(), last=pl.col("bin").max())
    zero = int(theirs["bin"].min() or 0)  # type: ignore[arg-type]
    begin = (int(span["first"].max() or 0) - zero) // step  # type: ignore[arg-type]
    end = (int(span["last"].min() or 0) - zero) // step + 1  # type: ignore[arg-type]
    if end - begin < 4:  # noqa: PLR2004  nothing can be said of fewer
        return None
    frame = Rounds(zero, step, begin, end)
    cost = frame.standing(there.filter(pl.col("cost") > 0), agents, "cost")
    prices = frame.standing(theirs, agents, "price")
    if prices is None:
        return None
    return Market(
        resource=resource,
        agents=tuple(agents),
        origin=zero + begin * step,
        step=step,
        prices=prices,
        cost=cost,
        quantity=frame.each(there.filter(pl.col("quantity") > 0), agents, "quantity"),
        payoff=frame.each(there, agents, "payoff"),
    )


@dataclass(frozen=True)
class Rounds:
    """Rounds `begin` to `end` of `step` bins, counted from the bin `zero`."""

    zero: int
    step: int
    begin: int
    end: int

    def standing(self, rows: pl.DataFrame, agents: Sequence[str], name: str) -> Floats | None:
        """Return what was last said by the end of each round; None where one said nothing yet."""
        table = np.full((self.end, len(agents)), np.nan)
        self._place(table, rows.drop_nulls(name), agents, name)
        filled = _carried(table)[self.begin :]
        return None if np.isnan(filled).any() else filled

    def each(self, rows: pl.DataFrame, agents: Sequence[str], name: str) -> Floats | None:
        """Return what was said in each round, NaN where nothing was; None where one never did."""
        table = np.full((self.end, len(agents)), np.nan)
        self._place(table, rows.drop_nulls(name), agents, name)
        known = table[self.begin :]
        return None if np.isnan(known).all(axis=0).any() else known

    def _place(self, table: Floats, rows: pl.DataFrame, agents: Sequence[str], name: str) -> None:
        rows = rows.filter(pl.col("agent").is_in(list(agents))).sort("bin")
        column = {agent: n for n, agent in enumerate(agents)}
        who = np.array([column[agent] for agent in rows["agent"]], dtype=np.int64)
        when: Integers = (rows["bin"].to_numpy() - self.zero) // self.step
        # Rows are sorted by time: of several in a round the last one stays.
        inside = when < self.end
        # What was said before the first round stands when it begins.
        table[np.maximum(when[inside], 0), who[inside]] = rows[name].to_numpy()[inside]


def _carried(table: Floats) -> Floats:
    known = np.where(np.isnan(table), 0, np.arange(len(table))[:, None])
    filled: Floats = table[np.maximum.accumulate(known, axis=0), np.arange(table.shape[1])]
    return filled
