"""Every action against every scope of its agent, as columns."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from commonmode.detectors.scope.chains import Chains
from commonmode.detectors.scope.grants import clean, named
from commonmode.detectors.scope.terms import Book, each, read_labels

SITUATION = ("agent", "grant", "action", "resource", "labels")
"""What permission depends on beside time; far fewer of these than of actions."""


def answers(actions: pl.DataFrame, chains: Chains, grants: pl.DataFrame) -> pl.DataFrame:
    """Add columns `answer`, as `grants.Answer`, and `gap` to actions.

    `gap` is True where a scope that covers the action was written down only after it: what was
    known then may have said something else.
    The scopes that cover a situation are merged into disjoint spans of time, so that looking up
    the latest span at or before an action is exact, which the latest *grant* would not be.

    Parameters
    ----------
    actions : polars.DataFrame
        Columns `SITUATION` and `at`, equal situations beside one another.
    chains : Chains
        What was permitted.
    grants : polars.DataFrame
        All grants of their agents and of the ids they name: of others the log can tell nothing.
    """
    asked = actions.with_columns(situation=_runs())
    situations = asked.group_by("situation").agg(
        pl.col(SITUATION).first(), first=pl.col("at").min(), last=pl.col("at").max()
    )
    scopes = covering(situations, chains)
    plain = pl.col("sure") & pl.col("clean") & ~pl.col("glass")
    whole = (
        scopes.filter(
            plain,
            pl.col("start") <= pl.col("first"),
            pl.col("last") < pl.col("end"),
            pl.col("known") <= pl.col("first"),
        )
        .select("situation")
        .unique()
    )
    settled = asked.join(whole, on="situation", how="semi").with_columns(
        answer=pl.lit("ok"), gap=pl.lit(value=False)
    )
    open_ones = asked.join(whole, on="situation", how="anti")
    judged = _one_by_one(open_ones, scopes.join(open_ones, on="situation", how="semi"), grants)
    return pl.concat([settled, judged]).drop("situation")


def _one_by_one(asked: pl.DataFrame, scopes: pl.DataFrame, grants: pl.DataFrame) -> pl.DataFrame:
    known = (
        pl.when(pl.col("grant").is_null())
        .then(pl.col("agent").is_in(grants["agent"].unique().implode()))
        .otherwise(pl.col("grant").is_in(grants["grant"].unique().implode()))
    )
    proper, sure = scopes.filter("clean"), scopes.filter("sure")
    surely = sure.filter("clean")
    late = surely.filter(pl.col("known") > pl.col("start")).with_columns(
        end=pl.min_horizontal("known", "end")
    )
    answer = (
        pl.when(_inside(asked, surely.filter(~pl.col("glass"))))
        .then(pl.lit("ok"))
        .when(_inside(asked, surely))
        .then(pl.lit("break-glass"))
        .when(_inside(asked, proper) | ~known)
        .then(pl.lit("undetermined"))
        .when(_inside(asked, sure))
        .then(pl.lit("confused"))
        .otherwise(pl.lit("breach"))
    )
    return asked.with_columns(answer=answer, gap=_inside(asked, late))


def _runs() -> pl.Expr:
    """Give each run of equal situations a number; a merged tally is sorted, so has each once."""
    changed = (pl.col(name).ne_missing(pl.col(name).shift()) for name in SITUATION)
    return pl.any_horizontal(*changed).cum_sum()


def covering(situations: pl.DataFrame, chains: Chains) -> pl.DataFrame:
    """Pair each situation with the scopes that do not forbid it, time aside.

    `sure` is False where it is only not known to forbid it; `clean` where the labels of the data
    alone forbid it.
    """
    scopes, book = chains
    free = situations.filter(pl.col("grant").is_null()).drop("grant")
    bound = situations.filter(pl.col("grant").is_not_null())
    pairs = pl.concat(
        [
            free.join(scopes, on="agent").drop("grant"),
            bound.join(scopes, on=("agent", "grant")).drop("grant"),
        ],
        how="diagonal",
    )
    pairs = each(
        pairs,
        ("terms", "action"),
        "by_action",
        pl.Boolean,
        lambda terms, action: named(book.terms[terms].actions, action),
    )
    pairs = _placed(pairs.filter(pl.col("by_action").fill_null(value=True)), book)
    pairs = pairs.filter(pl.col("by_place").fill_null(value=True))
    pairs = each(
        pairs,
        ("terms", "labels"),
        "by_labels",
        pl.Boolean,
        lambda terms, labels: clean(book.terms[terms].labels, read_labels(labels)),
    )
    told = pl.col("by_action").is_not_null() & pl.col("by_place").is_not_null()
    return pairs.with_columns(
        sure=pl.col("sure") & told & (pl.col("by_labels").is_not_null()),
        clean=pl.col("by_labels").fill_null(value=True),
    )


def _placed(pairs: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Add `by_place`: whether the terms reach the resource; null where the event names none."""
    somewhere = book.places().filter(pl.col("places").is_not_null())
    limited = somewhere.filter(pl.col("places").list.len() > 0).rename({"places": "place"})
    limited = limited.explode("place")
    asked = pairs.select("terms", "resource").drop_nulls().unique()
    asked = asked.join(somewhere.select("terms"), on="terms", how="semi")
    under = asked.join(places_of(asked["resource"], limited["place"]), on="resource")
    reached = under.join(limited, on=("terms", "place"), how="semi").select("terms", "resource")
    reached = reached.unique().with_columns(reached=pl.lit(value=True))
    everywhere = ~pl.col("terms").is_in(somewhere["terms"].implode())
    return pairs.join(reached, on=("terms", "resource"), how="left").with_columns(
        by_place=pl.when(everywhere)
        .then(pl.lit(value=True))
        .when(pl.col("resource").is_not_null())
        .then(pl.col("reached").fill_null(value=False))
    )


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
