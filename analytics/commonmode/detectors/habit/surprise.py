"""How surprising a run's targets are to other runs of its task, and where it had them from."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

TARGET = ("run", "id", "action", "target")


class Surprise(NamedTuple):
    """What was found of runs compared with their references.

    `strange` has a row per out-of-habit target: run, id, action, target, bits.
    `runs` has a row per run that was compared: run, reference_runs, unseen_mass, bits (0 where
    nothing was strange).
    """

    strange: pl.DataFrame
    runs: pl.DataFrame


def surprise(pairs: pl.DataFrame, acts: pl.DataFrame, texts: pl.DataFrame) -> Surprise:
    """Compare runs with the runs they are paired with (columns run, reference).

    Formula: bits = -log2 P0 with the Good-Turing mass of the unseen P0 = (N1 + ½) / (N + 1),
    where N counts (run, action, target) of the references and N1 those of one run only; for
    targets of acts that took effect, that no reference aimed this action at, that neither the
    task nor anything a reference was told or read mentions, and that the run itself read before
    it acted.
    """
    aimed = acts.filter(pl.col("target") != "")
    habits = _habits(pairs, aimed)
    mass = _unseen_mass(pairs, habits)
    fresh = (
        aimed.filter(~pl.col("looks") & ~pl.col("attempt"))
        .join(pairs.select("run").unique(), on="run", how="semi")
        .join(habits, on=("run", "action", "target"), how="anti")
    )
    told = _mentioned(fresh, texts.filter("told"))
    fresh = fresh.join(told, on=TARGET, how="anti")
    read = texts.filter(~pl.col("told"))
    fresh = fresh.join(_mentioned(fresh, read, before=True), on=TARGET, how="semi")
    fresh = fresh.join(_known(fresh, pairs, texts), on=TARGET, how="anti")
    strange = fresh.join(mass, on="run").select(*TARGET, "at", bits=-pl.col("unseen_mass").log(2.0))
    most = strange.group_by("run").agg(pl.col("bits").max())
    runs = mass.join(most, on="run", how="left").with_columns(pl.col("bits").fill_null(0.0))
    return Surprise(strange.sort("run", "at", "id", "target"), runs.sort("run"))


def _habits(pairs: pl.DataFrame, aimed: pl.DataFrame) -> pl.DataFrame:
    """Return how many references of each run aimed an action at a target."""
    theirs = aimed.select("run", "action", "target").unique()
    return (
        pairs.join(theirs, left_on="reference", right_on="run")
        .group_by("run", "action", "target")
        .agg(pl.len().alias("times"))
    )


def _unseen_mass(pairs: pl.DataFrame, habits: pl.DataFrame) -> pl.DataFrame:
    counts = habits.group_by("run").agg(
        pl.col("times").sum().alias("seen"), (pl.col("times") == 1).sum().alias("once")
    )
    mass = (pl.col("once").fill_null(0) + 0.5) / (pl.col("seen").fill_null(0) + 1)
    return (
        pairs.group_by("run")
        .agg(reference_runs=pl.len())
        .join(counts, on="run", how="left")
        .select("run", "reference_runs", unseen_mass=mass)
    )


def _mentioned(fresh: pl.DataFrame, texts: pl.DataFrame, *, before: bool = False) -> pl.DataFrame:
    """Return the targets that a text of their own run mentions, earlier than they acted."""
    both = fresh.join(texts.select("run", "text", said="at"), on="run")
    if before:
        both = both.filter(pl.col("said") < pl.col("at"))
    return both.filter(_mentions()).select(TARGET).unique()


def _known(fresh: pl.DataFrame, pairs: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Return the targets that a reference was told or read of."""
    both = fresh.select(TARGET).join(pairs, on="run")
    both = both.join(texts.select("run", "text"), left_on="reference", right_on="run")
    return both.filter(_mentions()).select(TARGET).unique()


def _mentions() -> pl.Expr:
    return pl.col("text").str.contains(pl.col("target"), literal=True)
