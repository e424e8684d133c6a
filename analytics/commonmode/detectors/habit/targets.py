"""Runs, what their actions were aimed at and what they read, as tally tables."""

from __future__ import annotations

import polars as pl

from commonmode.detectors.attempt import ATTEMPT
from commonmode.detectors.tally import TallyTable

_TIME = pl.Datetime("us", "UTC")
_RUN = {"run": pl.String, "task": pl.String, "agent": pl.String, "environment": pl.String}

ACTS = TallyTable(
    schema={
        "id": pl.String,
        "target": pl.String,
        "at": _TIME,
        **_RUN,
        "action": pl.String,
        "looks": pl.Boolean,
        "attempt": pl.Boolean,
    },
    keys=("id", "target"),
    order=("at",),
    firsts=(*_RUN, "action", "looks", "attempt"),
)
TEXTS = TallyTable(
    schema={"id": pl.String, "at": _TIME, **_RUN, "told": pl.Boolean, "text": pl.String},
    keys=("id",),
    order=("at",),
    firsts=(*_RUN, "told", "text"),
)
RUNS = TallyTable(schema=_RUN, keys=tuple(_RUN))

LOOKED_UP = r"^[^ @]+\.[^ @]+$"
"""The shape of a place that reading goes to: dotted, and neither a phrase nor a mail address."""


def plain(name: pl.Expr) -> pl.Expr:
    """Return a target in plain form: lower case, without scheme, ``www.`` and end slashes."""
    return (
        name.str.strip_chars(" ")
        .str.to_lowercase()
        .str.replace(r"^https?://", "")
        .str.replace(r"^www\.", "")
        .str.strip_chars_end("/")
    )


def runs(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return every run of a task, those that did nothing included."""
    return (
        _of_runs(events)
        .filter(pl.col("kind") != "task_delegated")  # its agent is who delegated
        .select(list(RUNS.schema))
        .unique()
    )


def _of_runs(events: pl.LazyFrame) -> pl.LazyFrame:
    kinds = ("action_taken", "content_observed", "task_delegated", "task_ended")
    return events.filter(
        pl.col("kind").is_in(kinds), pl.col("run").is_not_null() & pl.col("task").is_not_null()
    ).with_columns(pl.col("environment").fill_null(""))


def targets(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return each action of a run with each thing it named.

    An action *looks* when it only reads, and what it names is no place that reading goes to:
    searching for a name discloses and changes nothing.
    """
    return (
        _of_runs(events)
        .filter(pl.col("kind") == "action_taken")
        .with_columns(target=pl.col("resource").fill_null("").str.split(", "))
        .explode("target")
        .with_columns(target=plain(pl.col("target")))
        .with_columns(
            looks=(pl.col("side_effect") == "read").fill_null(value=False)
            & ~pl.col("target").str.contains(LOOKED_UP),
            attempt=ATTEMPT,
        )
        .select(list(ACTS.schema))
    )


def texts(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return what each run was told by its task and what it read."""
    told = pl.col("kind") == "task_delegated"
    return (
        _of_runs(events)
        .filter(pl.col("kind").is_in(("task_delegated", "content_observed")))
        .with_columns(
            told=told,
            text=pl.when(told).then("args").otherwise("content").str.to_lowercase(),
        )
        .filter(pl.col("text").is_not_null())
        .select(list(TEXTS.schema))
    )
