"""Every action against every scope of its agent, as columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

SITUATION = ("agent", "grant", "action", "resource")
"""What permission depends on beside time; far fewer of these than of actions."""


def answers(
    actions: pl.DataFrame,
    scopes: pl.DataFrame,
    *,
    agents: Collection[str],
    grants: Collection[str],
) -> pl.DataFrame:
    """Add a column `answer` to actions: ``ok``, ``breach`` or ``undetermined``.

    The scopes that cover a situation are merged into disjoint spans of time, so that looking up
    the latest span at or before an action is exact, which the latest *grant* would not be.

    Parameters
    ----------
    actions : polars.DataFrame
        Columns `SITUATION` and `at`.
    scopes : polars.DataFrame
        Of `chains.SCOPE_SCHEMA`.
    agents, grants : collection of str
        The holders and the ids of every grant known: of others the log can tell nothing.
    """
    asked = actions.with_columns(situation=_runs())
    situations = asked.select("situation", *SITUATION).unique("situation", maintain_order=True)
    covering = _covering(situations, scopes)
    known = (
        pl.when(pl.col("grant").is_null())
        .then(pl.col("agent").is_in(agents))
        .otherwise(pl.col("grant").is_in(grants))
    )
    answer = (
        pl.when(_inside(asked, covering.filter("sure")))
        .then(pl.lit("ok"))
        .when(_inside(asked, covering) | ~known)
        .then(pl.lit("undetermined"))
        .otherwise(pl.lit("breach"))
    )
    return asked.with_columns(answer=answer).drop("situation")


def _runs() -> pl.Expr:
    """Give each run of equal situations a number; a merged tally is sorted, so has each once."""
    changed = (pl.col(name).ne_missing(pl.col(name).shift()) for name in SITUATION)
    return pl.any_horizontal(*changed).cum_sum()


def _covering(situations: pl.DataFrame, scopes: pl.DataFrame) -> pl.DataFrame:
    """Return the scopes that cover each situation: columns situation, start, end, sure."""
    anywhere = scopes.filter(pl.col("places").is_null()).with_columns(place=pl.lit(None, pl.String))
    somewhere = scopes.filter(pl.col("places").is_not_null())
    by_place = somewhere.filter(pl.col("places").list.len() > 0).with_columns(
        place=pl.col("places")
    )
    by_place = by_place.explode("place")
    placed = situations.join(places_of(situations["resource"], by_place["place"]), on="resource")
    nowhere = situations.filter(pl.col("resource").is_null())
    pairs = pl.concat(
        [
            placed.join(by_place, on=("agent", "place")).drop("place"),
            situations.join(anywhere.drop("place"), on="agent"),
            nowhere.join(somewhere, on="agent").with_columns(sure=pl.lit(value=False)),
        ],
        how="diagonal",
    )
    return pairs.filter(_names_grant(), _names_action()).select(
        "situation",
        "start",
        "end",
        sure=pl.col("sure") & (pl.col("actions").is_null() | pl.col("action").is_not_null()),
    )


def _names_grant() -> pl.Expr:
    return pl.col("grant").is_null() | (pl.col("grant") == pl.col("grant_right"))


def _names_action() -> pl.Expr:
    listed = pl.col("actions").list.contains(pl.col("action"))
    return pl.col("actions").is_null() | pl.col("action").is_null() | listed


def places_of(resources: pl.Series, places: pl.Series) -> pl.DataFrame:
    """Return the granted places that each resource lies under: columns resource, place.

    The same rule as `grants.within`, by cutting every path at the depths at which places are.
    """
    paths = resources.drop_nulls().unique().to_frame("resource")
    paths = paths.with_columns(
        parts=pl.col("resource").str.strip_chars_end("/").str.split("/"),
    ).with_columns(climbs=pl.col("resource").str.split("/").list.contains(".."))
    granted = places.unique().to_frame("place")
    depths: Sequence[int] = granted["place"].str.split("/").list.len().unique().to_list()
    cuts = [
        paths.filter(
            pl.col("parts").list.len() >= depth,
            (pl.col("parts").list.len() == depth) | ~pl.col("climbs"),
        ).select("resource", place=pl.col("parts").list.head(depth).list.join("/"))
        for depth in depths
    ]
    empty = pl.DataFrame(schema={"resource": pl.String, "place": pl.String})
    return pl.concat([empty, *cuts]).join(granted, on="place", how="semi")


def _inside(asked: pl.DataFrame, spans: pl.DataFrame) -> pl.Series:
    """Whether each action falls in a span of its situation."""
    rows = asked.select("situation", "at").with_row_index("row")
    timed = rows.join(spans.select("situation").unique(), on="situation", how="semi").sort("at")
    latest = timed.join_asof(
        disjoint(spans).sort("start"),
        left_on="at",
        right_on="start",
        by="situation",
        check_sortedness=False,
    )
    inside = latest.filter(pl.col("at") < pl.col("end"))["row"]
    flags = pl.repeat(value=False, n=len(rows), eager=True)
    return flags.scatter(inside, True)  # noqa: FBT003  the value to write


def disjoint(spans: pl.DataFrame) -> pl.DataFrame:
    """Merge overlapping and touching spans of each situation.

    Examples
    --------
    >>> spans = pl.DataFrame({"situation": [1, 1, 1], "start": [0, 5, 1], "end": [3, 6, 2]})
    >>> disjoint(spans).rows()
    [(1, 0, 3), (1, 5, 6)]
    """
    reached = pl.col("end").cum_max().shift().over("situation")
    return (
        spans.select("situation", "start", "end")
        .sort("situation", "start")
        .with_columns(block=(pl.col("start") > reached).fill_null(value=True).cum_sum())
        .group_by("situation", "block", maintain_order=True)
        .agg(pl.col("start").min(), pl.col("end").max())
        .drop("block")
    )
