"""Who was where, when: agents on shared resources in bins of time."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from commonmode.detectors.tally import TallyTable

KINDS = ("action_taken", "bid_placed", "state_changed")
"""The kinds of event that put an agent on a resource."""

PRESENCE = TallyTable(
    schema={
        "agent": pl.String,
        "resource": pl.String,
        "bin": pl.Int64,
        "acts": pl.Int64,
        "operator": pl.String,
        "task": pl.String,
    },
    keys=("agent", "resource", "bin"),
    sums=("acts",),
    minima=("operator", "task"),
)
"""What each agent did on each resource in each bin."""

MESSAGES = TallyTable(
    schema={"agent": pl.String, "recipient": pl.String, "messages": pl.Int64},
    keys=("agent", "recipient"),
    sums=("messages",),
)
"""Who wrote to whom directly."""


def presence(events: pl.LazyFrame, width: timedelta) -> pl.DataFrame:
    """Count the acts of each agent on each resource in bins of `width`, from 1970 on."""
    bin_us = width // timedelta(microseconds=1)
    acted = events.filter(pl.col("kind").is_in(KINDS) & pl.col("resource").is_not_null())
    rows = acted.select(
        "agent",
        "resource",
        bin=pl.col("at").dt.epoch("us") // bin_us,
        acts=pl.lit(1, pl.Int64),
        operator="operator",
        task="task",
    )
    return PRESENCE.merge([rows.collect()])


def messages(events: pl.LazyFrame) -> pl.DataFrame:
    """Count the messages between each two agents."""
    sent = events.filter((pl.col("kind") == "message_sent") & pl.col("recipient").is_not_null())
    rows = sent.select("agent", "recipient", messages=pl.lit(1, pl.Int64))
    return MESSAGES.merge([rows.collect()])


def visits(table: pl.DataFrame, wider: int, pause: int) -> pl.DataFrame:
    """Return the bins in which a visit began: acts up to `pause` bins apart are one visit.

    A session that dwells on a resource is one coincidence, not one per bin.

    Parameters
    ----------
    table : polars.DataFrame
        Presence.
    wider : int
        How many bins of presence make one bin here.
    pause : int
        Longest silence within a visit, in the wider bins.
    """
    wide = table.with_columns(pl.col("bin") // wider).sort("agent", "resource", "bin")
    silence = pl.col("bin") - pl.col("bin").shift(1).over("agent", "resource")
    # Acts of one wide bin stand side by side; the first of them decides.
    return wide.filter(silence.is_null() | (silence > pause))
