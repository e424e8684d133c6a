"""Bidders who take turns in sealed-bid auctions: the third way to find a ring."""

from __future__ import annotations

import zlib
from functools import reduce

import numpy as np
import polars as pl

from commonmode.detectors.base import Window
from commonmode.detectors.collusion.answers import subject
from commonmode.detectors.collusion.auctions import sql, turns
from commonmode.detectors.collusion.auctions.book import Book, costs_known
from commonmode.detectors.collusion.auctions.groups import groups
from commonmode.detectors.collusion.auctions.tiers import of_bidders
from commonmode.detectors.collusion.auctions.together import Together, judged
from commonmode.detectors.collusion.auctions.wording import (
    Turns,
    claim,
    clear_claim,
    turns_reasons,
)
from commonmode.detectors.collusion.influence import Influence, influence, square
from commonmode.detectors.collusion.limits import Limits
from commonmode.detectors.collusion.rings import rings
from commonmode.detectors.collusion.talk import Talk
from commonmode.detectors.collusion.wording import tier_measures
from commonmode.detectors.score import Score, Verdict
from commonmode.statistics.ballots import Floats, Integers

_QUANTILES = 199


class Auctions:
    """The auctions of a window, and the groups and pairs of bidders who took turns in them.

    Parameters
    ----------
    limits : Limits
        The detector's parameters.
    window : Window
        The window judged.
    bids, cleared : polars.DataFrame
        Tallies.
    seed : int
        Of every draw.
    """

    def __init__(
        self, limits: Limits, window: Window, bids: pl.DataFrame, cleared: pl.DataFrame, seed: int
    ) -> None:
        self.limits, self.window, self.seed = limits, window, seed
        self.book = Book.of(bids, cleared, limits.most_agents)
        self.contests = turns.contests(self.book)
        pairs, together = turns.pairs(self.contests), groups(self.book, self.contests, seed)
        # Who can be tested depends on who bid and who won, and on no order.
        looks = limits.auction_looks * max(1, bool(len(pairs)) + bool(together))
        self.pairs, self.groups = turns.corrected(pairs, looks), judged(together, looks, seed)
        self.together = Together(limits, window, self.book, seed)
        self.names = self.pairs["first"].append(self.pairs["second"]).unique().sort()

    def found(self, talk: Talk) -> list[Score]:
        """Return the score of every group and of every ring of pairs who take turns."""
        links = self._coded(self.pairs.filter(pl.col("q") <= self.limits.rate))
        return [
            *self.found_together(talk),
            *(self._score(ring, links, "finding", talk) for ring in rings(links, self.seed)),
        ]

    def found_together(self, talk: Talk) -> list[Score]:
        """Return the score of every group that takes turns as a whole."""
        held = (one for one in self.groups if one.q <= self.limits.rate)
        return [score for one in held if (score := self.together.found(one, talk))]

    def nearest(self, talk: Talk) -> list[Score]:
        """Return the scores of two bidders and of the group nearest to taking turns, if any."""
        first = self._coded(self.pairs.sort("p", "first", "second").head(1))
        ends = first.select("first", "second").to_numpy().ravel()
        group = sorted(self.groups, key=lambda one: one.order.p_value)[:1]
        return [
            *(self.together.clear(one, talk) for one in group),
            *([] if first.is_empty() else [self._score(ends, first, "clear", talk)]),
        ]

    @property
    def testable(self) -> bool:
        """Whether any bidders could be tested."""
        return bool(len(self.pairs) or self.groups)

    def _coded(self, pairs: pl.DataFrame) -> pl.DataFrame:
        codes = pl.int_range(len(self.names), eager=True)
        return pairs.with_columns(
            pl.col("first", "second").replace_strict(self.names, codes, return_dtype=pl.Int64)
        )

    def _score(self, codes: Integers, links: pl.DataFrame, verdict: Verdict, talk: Talk) -> Score:
        members = codes.tolist()
        among = pl.col("first").is_in(members) & pl.col("second").is_in(members)
        tested, linked = self._coded(self.pairs).filter(among), links.filter(among)
        excess = tested.select("first", "second", pl.col("changes") - pl.col("expected"))
        joined = square(codes, linked.select("first", "second", met=1))
        carried = influence(square(codes, excess), joined)
        ring = self._ring(codes, tested, carried, talk, judged=verdict == "finding")
        where = (self.book, sorted(ring.agents), self.window, self.limits.most_agents)
        found = verdict == "finding"
        return Score(
            subject=subject(ring.agents),
            verdict=verdict,
            claim=claim(ring) if found else clear_claim(ring),
            statistic=float(ring.changes),
            effect=ring.changes / ring.expected,
            n=ring.auctions,
            null_sample=self._null(tested),
            p_value=float(linked["p"].to_numpy().max()),
            q_value=float(linked["q"].to_numpy().max()),
            agents=ring.agents,
            resources=ring.resources,
            measures=_measures(ring, linked, carried)
            | (tier_measures(ring.tiers) if found else {}),
            reasons=turns_reasons(ring) if found else (),
            evidence=sql.evidence(*where),
            recompute=sql.recompute(*where),
        )

    def _ring(
        self,
        codes: Integers,
        tested: pl.DataFrame,
        carried: Influence,
        talk: Talk,
        *,
        judged: bool,
    ) -> Turns:
        agents = tuple(str(self.names[int(code)]) for code in codes[carried.order])
        both = pl.col("first").is_in(list(agents)) & pl.col("second").is_in(list(agents))
        met = self.contests.filter(both)
        theirs = self.book.rows.join(met.select("auction"), on="auction", how="semi")
        often = theirs.unique("auction")["resource"].drop_nulls().value_counts()
        own = theirs.filter(pl.col("agent").is_in(list(agents)))
        return Turns(
            agents=agents,
            carried=carried.sentence(agents[0]),
            resources=tuple(often.sort("count", "resource", descending=[True, False])["resource"]),
            auctions=met["auction"].n_unique(),
            changes=int(tested["changes"].sum()),
            expected=float(tested["expected"].sum()),
            shared=talk.of(agents),
            tiers=of_bidders(self.book, agents, self._rng(agents)) if judged else (),
            costs=costs_known(own),
            said=self.book.said,
        )

    def _null(self, tested: pl.DataFrame) -> tuple[float, ...]:
        """Return quantiles of the changes expected of all pairs, each by its own chance."""
        ends = [
            (str(self.names[a]), str(self.names[b]))
            for a, b in tested.select("first", "second").rows()
        ]
        chances: list[Floats] = [turns.chance(self.contests, *pair) for pair in ends]
        reached = np.cumsum(reduce(np.convolve, chances))
        levels = np.arange(1, _QUANTILES + 1) / (_QUANTILES + 1)
        return tuple(np.searchsorted(reached, levels * reached[-1]).astype(float).tolist())

    def _rng(self, agents: tuple[str, ...]) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32("\0".join(sorted(agents)).encode())])


def _measures(ring: Turns, linked: pl.DataFrame, carried: Influence) -> dict[str, float]:
    return {
        "expected": ring.expected,
        "pairs": len(ring.agents) * (len(ring.agents) - 1) / 2,
        "linked_pairs": float(linked.height),
        **carried.measures(),
        **ring.shared.measures(),
    }
