"""Footprint response: a price left by one member, answered by another, with no message between."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from commonmode.statistics.stratified import StratifiedExcess, mantel_haenszel


def footprint_response(
    table: pl.DataFrame, members: Sequence[str], within: int
) -> StratifiedExcess | None:
    """Test whether members answer a price that a member left, oftener than prices of others.

    A response is a price that another member leaves on the same resource 1 to `within` bins later.
    The placebo is every other author's footprint on the same resource.

    Parameters
    ----------
    table : polars.DataFrame
        Presence of the window.
    members : sequence of str
        The ring.
    within : int
        Bins that a response may take.

    Returns
    -------
    StratifiedExcess or None
        None where members left no footprint.
    """
    theirs = pl.col("agent").is_in(list(members))
    left = table.filter(pl.col("footprints") > 0)
    places = left.filter(theirs)["resource"].unique()
    if places.is_empty():
        return None
    left = left.filter(pl.col("resource").is_in(places.implode()))
    left = left.select("agent", "resource", "bin", member=theirs).unique()
    came = left.filter("member").select("resource", responder="agent", came="bin")
    answered = (
        left.join(came, on="resource")
        .filter(
            (pl.col("responder") != pl.col("agent"))
            & (pl.col("came") - pl.col("bin")).is_between(1, within)
        )
        .select("agent", "resource", "bin")
        .unique()
        .with_columns(answered=pl.lit(1))
    )
    counted = (
        left.join(answered, on=("agent", "resource", "bin"), how="left")
        .with_columns(pl.col("answered").fill_null(0))
        .group_by("resource")
        .agg(
            hits=pl.col("answered").filter("member").sum(),
            trials=pl.col("member").sum(),
            other_hits=pl.col("answered").filter(~pl.col("member")).sum(),
            other_trials=(~pl.col("member")).sum(),
        )
    )
    return mantel_haenszel(*(counted[n] for n in ("hits", "trials", "other_hits", "other_trials")))
