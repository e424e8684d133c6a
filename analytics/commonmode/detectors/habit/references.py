"""Which runs say what is habit: other agents' runs of the same task."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl


def named_once(runs: pl.DataFrame) -> pl.DataFrame:
    """Return one row per run; a run of several agents goes by the first of them."""
    return runs.group_by("run").agg(pl.col("task", "agent", "environment").min()).sort("run")


def references(
    runs: pl.DataFrame, trusted: Collection[str], most: int, *, own: bool = False
) -> pl.DataFrame:
    """Pair each run with the runs of its task by other agents: columns run, reference.

    With `trusted` environments, those runs of them. Without, runs of other environments, as what
    is peculiar to a run's own world must not vouch for it; of the same one where there is no
    other. `own` pairs runs within their environment only: how alike references are.
    Of each task and environment the first `most` runs by name are taken.
    """
    others = runs.filter(pl.col("environment").is_in(trusted)) if trusted else runs
    others = others.group_by("task", "environment", maintain_order=True).head(most)
    pairs = runs.join(
        others.select("task", "environment", reference="run", by="agent"), on="task", suffix="_of"
    ).filter(pl.col("by") != pl.col("agent"))
    elsewhere = pl.col("environment") != pl.col("environment_of")
    if own:
        pairs = pairs.filter(~elsewhere)
    elif not trusted:
        pairs = pairs.filter(elsewhere | ~elsewhere.any().over("run"))
    return pairs.select("run", "reference", "environment_of").sort("run", "reference")
