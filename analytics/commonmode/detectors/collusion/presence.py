"""Who was where, when: agents on shared resources in bins of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from commonmode.detectors.coding import Ranked
from commonmode.detectors.tally import TallyTable

KINDS = ("action_taken", "bid_placed", "state_changed")
"""The kinds of event that put an agent on a resource."""

PRESENCE = TallyTable(
    schema={
        "agent": pl.String,
        "resource": pl.String,
        "bin": pl.Int64,
        "operator": pl.String,
        "task": pl.UInt64,
    },
    keys=("agent", "resource", "bin"),
    minima=("operator", "task"),
)
"""Which agents were on which resources in which bins, for whom and for what task.

Of a task only its digest is kept: nothing but whether two are the same is asked of it, and most
acts have one of their own. Of several the smallest digest stays, so that two sets of tasks are
taken for the same as often as they overlap (MinHash).
"""

MESSAGES = TallyTable(
    schema={"agent": pl.String, "recipient": pl.String, "messages": pl.Int64},
    keys=("agent", "recipient"),
    sums=("messages",),
)
"""Who wrote to whom directly."""


def presence(events: pl.LazyFrame, width: timedelta) -> pl.DataFrame:
    """Say which agents acted on which resources in bins of `width`, from 1970 on.

    One row per act: merging makes those of one bin one.
    """
    bin_us = width // timedelta(microseconds=1)
    acted = events.filter(
        pl.col("kind").is_in(KINDS) & pl.col("resource").is_not_null() & ~called()
    )
    return acted.select(
        "agent",
        "resource",
        bin=pl.col("at").dt.epoch("us") // bin_us,
        operator="operator",
        task=pl.when(pl.col("task").is_not_null()).then(pl.col("task").hash()),
    ).collect()


def called() -> pl.Expr:
    """Whether an event is a bid in an auction: that calls its bidders together, all at once."""
    return (pl.col("kind") == "bid_placed") & pl.col("context").is_not_null()


def messages(events: pl.LazyFrame) -> pl.DataFrame:
    """Count the messages between each two agents."""
    sent = events.filter((pl.col("kind") == "message_sent") & pl.col("recipient").is_not_null())
    rows = sent.select("agent", "recipient", messages=pl.lit(1, pl.Int64))
    return rows.group_by(MESSAGES.keys).agg(pl.col(MESSAGES.sums).sum()).collect()


@dataclass(frozen=True)
class Coded:
    """Presence with numbers for names: what is looked at again and again.

    Attributes
    ----------
    agents, resources : polars.Series
        Names in order; their places are the codes.
    table : polars.DataFrame
        Columns ``who``, ``where``, ``bin``, ``task``, sorted by the first three.
    operators : polars.DataFrame
        Columns ``agent`` and ``operator``, each agent once.
    """

    agents: pl.Series
    resources: pl.Series
    table: pl.DataFrame
    operators: pl.DataFrame

    @classmethod
    def of(cls, presence: pl.DataFrame) -> Coded:
        """Code the tally of presence, sorted by its keys as merging leaves it."""
        agents = presence["agent"].rle().struct.field("value")
        where = Ranked.of([presence.select("resource")])
        who = presence["agent"].rle_id()
        table = presence.select("bin", "task", who=who, where=where.rows["resource"])
        least = presence.group_by(who.alias("who")).agg(pl.col("operator").min())
        operators = least.select(agent=agents.gather(least["who"]), operator="operator")
        return cls(agents, where.texts["resource"], table, operators)


def visits(table: pl.DataFrame, wider: int, pause: int) -> pl.DataFrame:
    """Return the bins in which a visit began: acts up to `pause` bins apart are one visit.

    A session that dwells on a resource is one coincidence, not one per bin.

    Parameters
    ----------
    table : polars.DataFrame
        Coded presence, sorted.
    wider : int
        How many bins of presence make one bin here.
    pause : int
        Longest silence within a visit, in the wider bins.
    """
    wide = table.with_columns(pl.col("bin") // wider)
    go_on = (
        (pl.col("who") == pl.col("who").shift(1))
        & (pl.col("where") == pl.col("where").shift(1))
        & (pl.col("bin") - pl.col("bin").shift(1) <= pause)
    )
    # Acts of one wide bin stand side by side; the first of them decides.
    return wide.filter(~go_on.fill_null(value=False))
