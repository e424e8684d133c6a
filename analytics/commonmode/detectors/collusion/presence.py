"""Who was where, when: agents on shared resources in bins of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
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
        "task": pl.UInt32,
    },
    keys=("agent", "resource", "bin"),
    minima=("operator", "task"),
)
"""Which agents were on which resources in which bins, for whom and for what task.

Of a task only its digest is kept: nothing but whether two are the same is asked of it, and most
acts have one of their own. Of several the smallest digest stays, so that two sets of tasks are
taken for the same as often as they overlap (MinHash).
"""

_PLACED = ("who", "where", "bin")

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
        task=pl.when(pl.col("task").is_not_null()).then(_digest("task")),
    ).collect()


def _digest(column: str) -> pl.Expr:
    return (pl.col(column).hash() // 2**32).cast(pl.UInt32)


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
        Columns ``who``, ``where``, ``bin``, ``task``, sorted by the first three; none twice.
    operators : polars.DataFrame
        Columns ``agent`` and ``operator``, each agent once.
    """

    agents: pl.Series
    resources: pl.Series
    table: pl.DataFrame
    operators: pl.DataFrame

    @classmethod
    def of(cls, parts: Iterable[pl.DataFrame]) -> Coded:
        """Code parts of the tally of presence, texts coded or not; they need not be merged.

        Grouping them as texts, to code what comes of it, is most of what judging would take.

        Examples
        --------
        >>> day = {"bin": 0, "operator": "op", "task": None}
        >>> parts = [pl.DataFrame([{"agent": who, "resource": "x", **day}]) for who in "bab"]
        >>> seen = Coded.of(part.cast(PRESENCE.schema) for part in parts)
        >>> seen.agents.to_list(), seen.table["who"].to_list()
        (['a', 'b'], [0, 1])
        """
        ranked = Ranked.of(
            [PRESENCE.empty(), *(part.select(list(PRESENCE.schema)) for part in parts)]
        )
        rows, agents, places = ranked.rows, ranked.texts["agent"], ranked.texts["resource"]
        spot = rows["agent"].to_numpy().astype(np.int64) * len(places) + rows["resource"].to_numpy()
        order = np.lexsort((rows["bin"].to_numpy(), spot))
        table = rows.select("bin", "task", who="agent", where="resource")[order]
        least = rows.group_by("agent").agg(pl.col("operator").min())
        operators = pl.DataFrame(
            {
                "agent": agents.gather(least["agent"]),
                "operator": ranked.texts["operator"].gather(least["operator"]),
            }
        )
        return cls(agents, places, _once(table), operators)


def _once(table: pl.DataFrame) -> pl.DataFrame:
    """Keep one row of each agent, place and bin, with the smallest task; the table is sorted."""
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in _PLACED)
    first = table.select(first=~again.fill_null(value=False))["first"]
    if first.all():
        return table
    none = np.iinfo(np.uint32).max
    tasks = np.minimum.reduceat(
        table["task"].fill_null(none).to_numpy(), first.arg_true().to_numpy()
    )
    smallest = pl.Series(tasks).replace(none, None)
    return table.filter(first).with_columns(task=smallest)


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
