"""Blast radius: what an agent could do damage to, and how little of it its work takes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import polars as pl

from commonmode.detectors.scope.coverage import disjoint
from commonmode.detectors.scope.grants import climbs, place
from commonmode.detectors.scope.terms import Book


def reach(scopes: pl.DataFrame, book: Book, resources: pl.Series) -> pl.DataFrame:
    r"""Count the resources that each agent's grants reach: columns agent, reach.

    .. math:: BR(i) = \#\{r : r \in \bigcup_{S \in S_\text{eff}(i)} S\}

    over the resources that anyone acted on. What an agent hands on only narrows, so this is also
    what all it could delegate to reach together. Grants whose chain leads out of the log do not
    count. It counts blocks of sorted paths, so it takes no pair of agent and resource.

    Parameters
    ----------
    scopes : polars.DataFrame
        Of `chains.SCOPES`; of it `agent`, `terms` and `sure` are read.
    book : Book
        Of their terms.
    resources : polars.Series
        Paths, in any order; nulls and paths with ``..`` are left out.

    Examples
    --------
    >>> from commonmode.detectors.scope.grants import Terms
    >>> book = Book()
    >>> listed = [None, frozenset({"repo/p1"}), frozenset({"repo/p1/a", "docs"})]
    >>> codes = [book.code(Terms(None, places, None)) for places in listed]
    >>> scopes = pl.DataFrame({"agent": ["ann", "bob", "bob"], "terms": codes, "sure": True})
    >>> reach(scopes, book, pl.Series(["repo/p1/a", "repo/p1/b", "repo/p19", "repo/p1"])).rows()
    [('ann', 4), ('bob', 3)]
    """
    named = {place(path) for path in resources.drop_nulls().unique() if not climbs(path)}
    paths = sorted(map(_in_order, named))
    held = scopes.filter("sure").select("agent", "terms").unique()
    held = held.join(book.places(), on="terms")
    places = held["places"].explode(empty_as_null=False).unique().drop_nulls()
    blocks = pl.DataFrame(
        [(path, *_block(paths, path)) for path in places],
        schema={"place": pl.String, "start": pl.Int64, "end": pl.Int64},
        orient="row",
    )
    everything = held.filter(pl.col("places").is_null()).select(
        "agent", start=pl.lit(0, pl.Int64), end=pl.lit(len(paths), pl.Int64)
    )
    some = (
        held.filter(pl.col("places").list.len() > 0)
        .select("agent", place="places")
        .explode("place")
        .join(blocks, on="place")
        .select("agent", "start", "end")
    )
    spans = pl.concat([everything, some]).rename({"agent": "situation"})
    return (
        disjoint(spans)
        .group_by(agent="situation")
        .agg(reach=(pl.col("end") - pl.col("start")).sum())
        .sort("agent")
    )


def _in_order(path: str) -> str:
    # Below a path come its own, before any sibling that merely begins like it.
    return path.replace("/", "\0")


def _block(paths: Sequence[str], above: str) -> tuple[int, int]:
    """Return where the paths under a prefix stand among the sorted ones: first, and past last."""
    key = _in_order(above)
    return bisect_left(paths, key), bisect_left(paths, key + "\1")
