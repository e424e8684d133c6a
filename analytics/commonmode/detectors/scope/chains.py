"""Delegation chains, resolved once: what each grant is worth after every narrowing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from commonmode.detectors.base import Window
from commonmode.detectors.scope.terms import CODE, Book, each, read_terms

_TIME = pl.Datetime("us", "UTC")

SCOPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "agent": pl.String,
    "grant": pl.String,
    "terms": CODE,
    "start": _TIME,
    "known": _TIME,
    "end": _TIME,
    "sure": pl.Boolean,
    "glass": pl.Boolean,
}
"""What one chain of grants permits: the intersection of all its links, by number in a `Book`.

`known` is when its last link was written down. `sure` is False where it leads to a grant that was
never seen or over an exception that was not reviewed; `glass` is True where it leads over one."""


EVER = Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class Known(NamedTuple):
    """What is known of permission."""

    grants: pl.DataFrame
    revocations: pl.DataFrame
    reviews: pl.DataFrame

    @classmethod
    def of_tallies(cls, tallies: Mapping[str, pl.DataFrame]) -> Known:
        """Take the tables of permission."""
        return cls._make(tallies[name] for name in cls._fields)

    def before(self, window: Window) -> Known:
        """Take what matters before the end of a window."""
        return self._replace(
            grants=self.grants.filter(pl.col("start") < window.end),
            reviews=self.reviews.filter(pl.col("since") < window.end),
        )

    def of(self, actions: pl.DataFrame) -> Known:
        """Take what matters to some actions."""
        holders, named = actions["agent"].unique(), actions["grant"].drop_nulls().unique()
        return self._replace(grants=lineage(self.grants, holders, named))


class Chains(NamedTuple):
    """The scopes of all chains, and the book of their terms."""

    scopes: pl.DataFrame
    book: Book


def lineage(grants: pl.DataFrame, holders: pl.Series, named: pl.Series) -> pl.DataFrame:
    """Return the grants of some agents and of some ids, with all they were delegated from."""
    rows = grants.with_row_index("row")
    wanted = rows.filter(
        pl.col("agent").is_in(holders.implode()) | pl.col("grant").is_in(named.implode())
    )
    found = [wanted]
    while wanted.height:
        parents = wanted.select(grant="parent").drop_nulls().unique()
        above = rows.join(parents, on="grant", how="semi")
        wanted = above.join(pl.concat(found).select("row"), on="row", how="anti")
        found.append(wanted)
    return pl.concat(found).drop("row")


def resolve(
    grants: pl.DataFrame, revocations: pl.DataFrame, reviews: pl.DataFrame, window: Window
) -> Chains:
    """Follow every chain from its root down, within a window of time.

    Formula: S_eff = ∩ S_k along the chain, and the same of validity; a grant ends early when
    its id or its parent's is revoked after it was granted, and an exception that was rejected
    permits nothing. Each chain is followed once, whatever the number of actions; one that runs in
    a circle has no root and yields nothing.
    """
    book = Book()
    own = _linked(_own(grants, revocations, reviews, window), grants)
    own = each(own, ("terms",), "code", CODE, lambda text: book.code(read_terms(text)))
    own = own.with_columns(terms="code")
    rooted = pl.col("parent").is_null()
    roots = own.filter(rooted | pl.col("above").is_null())
    level = roots.with_columns(sure=pl.col("sure") & rooted).select(_LINKS)
    links = own.filter(pl.col("above").is_not_null()).select(*_LINKS, "above")
    found = [level]
    while level.height:
        level = _handed_on(level, links, book)
        level = level.join(pl.concat(found), on=_LINKS, how="anti", nulls_equal=True)
        found.append(level)
    scopes = pl.concat(found)
    held = own.sort("row").select("row", "agent", "grant")
    return Chains(scopes.join(held, on="row", how="left").select(list(SCOPES)), book)


_LINKS = ["row", "link", "terms", "start", "known", "end", "sure", "glass"]
"""A scope in numbers: the row of its grant, and `link`, the number of its id as a parent."""


def _linked(own: pl.DataFrame, grants: pl.DataFrame) -> pl.DataFrame:
    """Add numbers of the parents' ids that were seen: `above` of its parent, `link` of its own."""
    parents = own.select(grant="parent").drop_nulls().unique()
    seen = parents.join(grants.select("grant"), on="grant", how="semi").with_row_index("link")
    above = seen.rename({"grant": "parent", "link": "above"})
    return own.join(above, on="parent", how="left").join(seen, on="grant", how="left")


def _handed_on(level: pl.DataFrame, links: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Return the scopes of grants delegated from those of some scopes."""
    above = level.filter(pl.col("link").is_not_null()).drop("row").rename({"link": "above"})
    both = links.join(above, on="above", suffix="_above").with_columns(
        start=pl.max_horizontal("start", "start_above"),
        known=pl.max_horizontal("known", "known_above"),
        end=pl.min_horizontal("end", "end_above"),
        sure=pl.col("sure") & pl.col("sure_above"),
        glass=pl.col("glass") | pl.col("glass_above"),
    )
    both = both.filter(pl.col("start") < pl.col("end"))
    both = each(both, ("terms_above", "terms"), "both", CODE, book.narrow)
    return both.with_columns(terms="both").select(_LINKS).unique()


def _own(
    grants: pl.DataFrame, revocations: pl.DataFrame, reviews: pl.DataFrame, window: Window
) -> pl.DataFrame:
    """Return what each grant alone permits within the window, its parents aside."""
    first, last = pl.lit(window.start, _TIME), pl.lit(window.end, _TIME)
    alive = grants.filter((pl.col("end") > first).fill_null(value=True)).with_row_index("row")
    reviewed = reviews.group_by("grant").agg(
        pl.col("approved").all(), reviewed=pl.col("known").max()
    )
    broken = alive.filter("glass").join(reviewed, on="grant", how="left")
    standing = pl.concat(
        [
            alive.filter(~pl.col("glass")).with_columns(sure=pl.lit(value=True)),
            broken.filter(pl.col("approved").fill_null(value=True))
            .with_columns(
                sure=pl.col("approved").is_not_null(),
                known=pl.max_horizontal("known", "reviewed"),
            )
            .drop("approved", "reviewed"),
        ]
    )
    spans = standing.join(_cuts(standing, revocations), on="row", how="left").with_columns(
        start=pl.max_horizontal("start", first), end=pl.min_horizontal("end", "cut", last)
    )
    return spans.filter(pl.col("start") < pl.col("end"))


def _cuts(grants: pl.DataFrame, revocations: pl.DataFrame) -> pl.DataFrame:
    """Return when grants were first revoked after being given, by their id or their parent's."""
    revoked = revocations.select("grant", cut="at")
    by_parent = revoked.rename({"grant": "parent"})
    cuts = pl.concat(
        part.select("row", "at", "cut")
        for part in (grants.join(revoked, on="grant"), grants.join(by_parent, on="parent"))
    )
    later = cuts.filter(pl.col("cut") > pl.col("at"))
    return later.group_by("row").agg(pl.col("cut").min())
