"""Markets whose sellers answer each other's price cuts: the second way to find a ring."""

from __future__ import annotations

import hashlib
import math
import zlib

import numpy as np
import polars as pl
import scipy

from commonmode.detectors.base import Window
from commonmode.detectors.collusion import sql_answers
from commonmode.detectors.collusion.limits import Limits
from commonmode.detectors.collusion.market import Market, market, regulars
from commonmode.detectors.collusion.talk import Talk
from commonmode.detectors.collusion.tiers.judged import of_market
from commonmode.detectors.collusion.tiers.response import MOSTLY, Answered, answered
from commonmode.detectors.collusion.tiers.tier import SIGNIFICANT, Tier
from commonmode.detectors.collusion.wording import Answers, answered_claim, reasons, tier_measures
from commonmode.detectors.score import Score
from commonmode.statistics.ballots import Integers
from commonmode.statistics.footprint_response import decaying_response

_GLANCE = 199
_WORTH_MORE = 0.05
_RESOLVED = 5
"""Draws that may reach the observed value in a market that is just found."""
_MOST_DRAWS = 50_000


class Markets:
    """Every priced market of a window, with how its cuts were answered.

    Parameters
    ----------
    limits : Limits
        The detector's parameters.
    window : Window
        The window judged.
    prices : polars.DataFrame
        Tally of prices.
    seed : int
        Of every draw.
    """

    def __init__(self, limits: Limits, window: Window, prices: pl.DataFrame, seed: int) -> None:
        self.limits, self.window, self.prices, self.seed = limits, window, prices, seed
        names = regulars(prices, limits.least_posts, limits.most_agents)
        there = prices.filter(pl.col("resource").is_in(list(names))).partition_by(
            "resource", as_dict=True
        )
        laid = (market(there[resource,], resource, agents) for resource, agents in names.items())
        self.known = {one.resource: one for one in laid if one is not None}
        self.answers = {one.resource: self._answered(one) for one in self.known.values()}
        self.q = self._corrected()

    def of(self, agents: tuple[str, ...]) -> Market | None:
        """Return the market in which most of some agents sell regularly, two at least."""
        sellers = {name: len(set(one.agents) & set(agents)) for name, one in self.known.items()}
        best = max(sellers, key=lambda name: (sellers[name], name), default="")
        return self.known[best] if best and sellers[best] > 1 else None

    def tiers(self, one: Market, members: tuple[str, ...]) -> tuple[Tier, ...]:
        """Return the four tiers of sellers of a market."""
        rng = self._rng(one, "tiers")
        return of_market(self.prices, one, members, self.answers[one.resource], rng)

    def found(self, talk: Talk) -> list[Score]:
        """Return a score of every market whose cuts are answered at the rate asked for."""
        scores = []
        for name, q in self.q.items():
            one, known = self.known[name], self.answers[name]
            if q > self.limits.rate or isinstance(known, str):
                continue
            members = self._members(one, known)
            if known.share(members) >= MOSTLY:
                scores.append(self._score(one, known, members, q, talk))
        return scores

    def _answered(self, one: Market) -> Answered | str:
        first = answered(one, self._rng(one, "glance"), _GLANCE)
        if isinstance(first, str) or first.response.p_value > _WORTH_MORE:
            return first
        tests = self.limits.market_looks * max(len(self.known), 1)
        draws = min(_MOST_DRAWS, math.ceil(_RESOLVED * tests / self.limits.rate))
        return answered(one, self._rng(one, "look"), max(draws, _GLANCE))

    def _corrected(self) -> dict[str, float]:
        tested = {
            name: known.response.p_value
            for name, known in self.answers.items()
            if not isinstance(known, str)
        }
        if not tested:
            return {}
        q = np.minimum(
            self.limits.market_looks * scipy.stats.false_discovery_control(list(tested.values())),
            1.0,
        )
        return dict(zip(tested, q.tolist(), strict=True))

    def _members(self, one: Market, known: Answered) -> Integers:
        """Return the sellers whose cuts are answered or who answer; all, if none stands out."""
        rng = self._rng(one, "members")
        sellers = np.arange(len(one.agents))
        p = np.array([decaying_response(known.found.of(int(n)), rng).p_value for n in sellers])
        held = np.flatnonzero(p <= SIGNIFICANT)
        return held if len(held) > 1 else sellers

    def _score(
        self, one: Market, known: Answered, columns: Integers, q: float, talk: Talk
    ) -> Score:
        members = tuple(one.agents[n] for n in columns)
        response, minutes = known.response, one.step * self.limits.bin
        tiers, said = self.tiers(one, members), talk.of(members)
        ring = Answers(members, one.resource, response, minutes, said, tiers)
        return Score(
            subject=subject(members),
            verdict="finding",
            claim=answered_claim(ring),
            statistic=response.statistic,
            effect=float(response.path[:2].mean()),
            n=response.n,
            null_sample=tuple(
                np.quantile(response.null, np.linspace(0, 1, 199), method="lower").tolist()
            ),
            p_value=response.p_value,
            q_value=q,
            agents=members,
            resources=(one.resource,),
            measures={
                **said.measures(),
                **tier_measures(tiers),
                "round_minutes": minutes.total_seconds() / 60,
                "cycle_rounds": float(known.rest.cycle),
            },
            reasons=reasons(said, tiers),
            evidence=sql_answers.evidence(one, members, self.window),
            recompute=sql_answers.recompute(one, known.rest, self.window, self.limits.bin),
        )

    def _rng(self, one: Market, use: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(f"{use}\0{one.resource}".encode())])


def subject(agents: tuple[str, ...]) -> str:
    """Return the name of a ring, stable over windows."""
    return "ring:" + hashlib.sha256("\0".join(sorted(agents)).encode()).hexdigest()[:12]
