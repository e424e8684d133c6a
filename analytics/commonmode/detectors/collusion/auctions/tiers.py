"""The four tiers of bidders who take turns, from their sealed bids."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
import scipy

from commonmode.detectors.collusion.auctions.book import Book, costs_known
from commonmode.detectors.collusion.auctions.dependence import bid_dependence
from commonmode.detectors.collusion.tiers.outcome import REPLY, SCREENS
from commonmode.detectors.collusion.tiers.response import RESPONSE
from commonmode.detectors.collusion.tiers.tier import SIGNIFICANT, Tier
from commonmode.statistics.ballots import Floats
from commonmode.statistics.missing_bids import RaisedBids, lowest_rival, raised_bids
from commonmode.statistics.screens import bid_screens

ASKS_MORE = 0.02
"""How much more a winner might have asked (ρ): chosen beforehand, so that it is one test."""

_LEAST_BIDS, _LEAST_AUCTIONS, _LEAST_OTHERS = 3, 5, 19
_TWO = 2


def of_bidders(book: Book, members: Sequence[str], rng: np.random.Generator) -> tuple[Tier, ...]:
    """Return the tiers of bidders who took turns.

    Parameters
    ----------
    book : Book
        All auctions of the window.
    members : sequence of str
        Two or more of its bidders.
    rng : numpy.random.Generator
        Draws the nulls.
    """
    theirs = book.among(tuple(members), _TWO)
    return (
        bid_screen(book, theirs),
        bid_dependence(theirs, members, rng),
        Tier("C", RESPONSE, None, "sealed bids leave no standing price that another could answer"),
        forgone(book, theirs, members),
    )


def bid_screen(book: Book, theirs: pl.DataFrame) -> Tier:
    """Return tier A: how bids lie beside those of as many bidders in the log's other auctions.

    The relative distance RD between the two lowest is large, or bids vary less (CV), as where
    losers bid cover; by ranks, the better of the two paid for twice.
    """
    came = theirs["came"].to_numpy()
    few, many = int(came.min()), int(came.max())
    others = book.rows.join(theirs.select("auction"), on="auction", how="anti").filter(
        pl.col("came").is_between(few, many)
    )
    own, rest = _screened(theirs), _screened(others)
    if len(own) < _LEAST_AUCTIONS:
        why = f"{len(own)} of their auctions had three different bids or more"
        return Tier("A", SCREENS, None, f"{why}; it takes {_LEAST_AUCTIONS}")
    if len(rest) < _LEAST_OTHERS:
        why = f"only {len(rest)} other auctions are there to compare with"
        return Tier("A", SCREENS, None, why)
    distance = float(scipy.stats.mannwhitneyu(own[:, 0], rest[:, 0], alternative="greater").pvalue)
    variation = float(scipy.stats.mannwhitneyu(own[:, 1], rest[:, 1], alternative="less").pvalue)
    p = min(1.0, 2 * min(distance, variation))
    (apart, near), (usual, wide) = (np.median(part, axis=0).tolist() for part in (own, rest))
    return Tier(
        "A",
        SCREENS,
        p <= SIGNIFICANT,
        f"the lowest bid is {apart:.2f} of the losers' spread below the next, elsewhere "
        f"{usual:.2f}, and bids vary by {near:.1%}, elsewhere {wide:.1%}",
        apart,
        p,
        len(own),
        f"ranks among {len(rest)} other auctions of {few} to {many} bidders",
    )


def forgone(book: Book, theirs: pl.DataFrame, members: Sequence[str]) -> Tier:
    """Return tier D: winners would have earned more by asking more, each of them (missing bids)."""
    if book.highest & set(theirs["resource"]):
        why = "highest bids win here; it is worked out for lowest bids only"
        return Tier("D", REPLY, None, why)
    rival = lowest_rival(theirs["auction"].rank("dense").to_numpy(), theirs["bid"].to_numpy())
    wins = theirs.with_columns(rival=pl.Series(rival)).filter(
        pl.col("won") & pl.col("agent").is_in(list(members))
    )
    known = costs_known(wins)
    test = _raised(wins, known=known)
    if not known and scipy.stats.binom.sf(test.wins - 1, test.wins, test.break_even) > SIGNIFICANT:
        why = f"costs are not logged, and without them {test.wins} wins are too few to tell"
        return Tier("D", REPLY, None, why)
    if math.isnan(test.p_value):
        return Tier("D", REPLY, None, "they won nothing, or nothing by it")
    each = [_raised(own, known=known).gain for own in wins.partition_by("agent")]
    return Tier(
        "D",
        REPLY,
        test.p_value <= SIGNIFICANT and min(each) > 0,
        f"asking {ASKS_MORE:.0%} more would have kept {test.kept} of {test.wins} wins and earned "
        f"{test.gain:+.0%}, each of them {min(each):+.0%} or more",
        test.gain,
        test.p_value,
        test.wins,
        f"at most {test.break_even:.0%} of wins kept, where asking more does not pay"
        + ("" if known else "; costs unknown, taken as nought"),
    )


def _raised(wins: pl.DataFrame, *, known: bool) -> RaisedBids:
    cost = wins["cost"].to_numpy() if known else 0.0
    return raised_bids(wins["bid"].to_numpy(), wins["rival"].to_numpy(), cost, ASKS_MORE)


def _screened(rows: pl.DataFrame) -> Floats:
    """Return RD and CV of each auction that has both."""
    listed = rows.group_by("auction", maintain_order=True).agg("bid")["bid"]
    figures = [bid_screens(bids.to_numpy()) for bids in listed if len(bids) >= _LEAST_BIDS]
    both: Floats = np.array([(one.distance, one.variation) for one in figures]).reshape(-1, _TWO)
    whole: Floats = both[np.isfinite(both).all(axis=1)]
    return whole
