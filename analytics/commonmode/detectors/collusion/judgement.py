"""From presence to scores: the rings of a window, judged at one width of bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
import scipy

from commonmode.detectors.base import Window
from commonmode.detectors.collusion import sql, wording
from commonmode.detectors.collusion.answers import Markets, subject
from commonmode.detectors.collusion.chance import Chance
from commonmode.detectors.collusion.influence import influence, square
from commonmode.detectors.collusion.limits import Limits
from commonmode.detectors.collusion.meetings import meetings
from commonmode.detectors.collusion.presence import Coded, visits
from commonmode.detectors.collusion.rings import judged, rings, turned
from commonmode.detectors.collusion.sql import Meeting
from commonmode.detectors.collusion.talk import Talk
from commonmode.detectors.collusion.tiers import Tier
from commonmode.detectors.collusion.tiers.dependence import DEPENDENCE
from commonmode.detectors.collusion.tiers.judged import without_market
from commonmode.detectors.score import Score, Verdict
from commonmode.statistics.ballots import Floats, Integers

_NOWHERE = pl.Series("where", dtype=pl.Int64)


class Group(NamedTuple):
    """Agents of whom something is said, the links among them, and what is said."""

    codes: Integers
    links: pl.DataFrame
    verdict: Verdict


class Judgement:
    """A window judged at one width of bins, from which the score of each ring is read."""

    def __init__(self, limits: Limits, window: Window, coded: Coded, wider: int, seed: int) -> None:
        self.limits, self.window, self.seed = limits, window, seed
        self.width = wider * limits.bin
        self.meeting = Meeting(self.width, limits.pause // self.width, limits.most_agents)
        self.coded, self.wider = coded, wider
        # Nobody holds the visits that crowds are then left out of: they are as long as the log.
        self.met = meetings(coded, visits(coded, wider, self.meeting.pause), limits.most_agents)
        often = self.met.pairs(limits.least_met)
        self.chance = Chance(self.met, max(1, limits.part_of_day // self.width), often)
        self.pairs = judged(often, self.chance, len(coded.agents), limits.pair_looks)
        bins = max(1, (window.end - window.start) // self.width)
        self.links = turned(
            self.met,
            self.pairs.filter(
                (pl.col("q") <= limits.rate)
                & (pl.col("met") >= limits.least_ratio * pl.col("expected"))
            ),
            bins,
        ).filter(pl.col("turns") <= limits.turns)

    def scores(self, talk: Talk, markets: Markets) -> list[Score]:
        """Return the score of every ring, or of the pair that came nearest to one."""
        shown = self._found() or self._nearest()
        agents = np.concatenate([np.zeros(0, np.int64), *(group.codes for group in shown)])
        tasks = self.coded.tasks(agents, self.wider) if shown else pl.DataFrame()
        return [
            self._score(group, joint, talk, markets)
            for group, joint in zip(shown, self._joints(shown, tasks), strict=True)
        ]

    def _found(self) -> list[Group]:
        found = rings(self.links, self.seed)
        return [Group(ring, self._links_of(ring), "finding") for ring in found]

    def _nearest(self) -> list[Group]:
        pair = turned(self.met, self.pairs.sort("p", "first", "second").head(1), 1)
        ends = pair.select("first", "second").to_numpy().ravel()
        return [] if pair.is_empty() else [Group(ends, pair, "clear")]

    def _links_of(self, ring: Integers) -> pl.DataFrame:
        members = ring.tolist()
        return self.links.filter(pl.col("first").is_in(members) & pl.col("second").is_in(members))

    def _score(self, group: Group, joint: pl.DataFrame, talk: Talk, markets: Markets) -> Score:
        codes, links, verdict = group
        ring = self._ring(codes, joint, links, talk, markets)
        agents = sorted(ring.agents)
        where = (agents, self.window, self.meeting)
        found = verdict == "finding"
        words = wording.claim if found else wording.clear_claim
        return Score(
            subject=subject(ring.agents),
            verdict=verdict,
            claim=words(ring, self.width),
            statistic=float(ring.met),
            effect=ring.met / ring.expected,
            n=joint.height,
            null_sample=_poisson_quantiles(ring.expected),
            p_value=_worst(links, "p"),
            q_value=_worst(links, "q"),
            agents=ring.agents,
            resources=ring.resources,
            measures=self._measures(ring, links)
            | (wording.tier_measures(ring.tiers) if found else {}),
            reasons=wording.ring_reasons(ring) if found else (),
            evidence=sql.evidence(*where),
            recompute=sql.recompute(*where),
        )

    def _measures(self, ring: wording.Ring, links: pl.DataFrame) -> dict[str, float]:
        return {
            "expected": ring.expected,
            "pairs": len(ring.agents) * (len(ring.agents) - 1) / 2,
            "linked_pairs": float(links.height),
            **ring.carried.measures(),
            **ring.shared.measures(),
            "same_task": ring.same_task,
        }

    def _joints(self, shown: Sequence[Group], tasks: pl.DataFrame) -> list[pl.DataFrame]:
        """Return the meetings of each group, with the names of their places."""
        joints = [self._joint(group.codes, tasks) for group in shown]
        # All are named at once, as a store may have to be asked for their names.
        where = pl.concat([_NOWHERE, *(joint["where"] for joint in joints)]).unique()
        names = pl.DataFrame({"where": where, "place": self.met.resources.texts(where.to_numpy())})
        return [joint.join(names, on="where", maintain_order="left") for joint in joints]

    def _joint(self, codes: Integers, tasks: pl.DataFrame) -> pl.DataFrame:
        members = codes.tolist()
        joint = self.met.joint.filter(
            pl.col("first").is_in(members) & pl.col("second").is_in(members)
        )
        for end in ("first", "second"):
            of_end = tasks.rename({"who": end, "task": f"task_{end}"})
            joint = joint.join(of_end, on=(end, "where", "bin"), how="left", maintain_order="left")
        same = (pl.col("task_first") == pl.col("task_second")).fill_null(value=False)
        return joint.with_columns(same_task=same)

    def _ring(
        self,
        codes: Integers,
        joint: pl.DataFrame,
        links: pl.DataFrame,
        talk: Talk,
        markets: Markets,
    ) -> wording.Ring:
        one, two = np.triu_indices(len(codes), 1)
        chance = self.chance.of(codes[one], codes[two]).expected
        often = joint.group_by("first", "second").agg(pl.col("bin").n_unique())
        carried = influence(
            square(codes, often) - _spread(chance, len(codes)),
            square(codes, links.select("first", "second", bin=1)),
        )
        agents = tuple(self.met.agents.texts(codes[carried.order]))
        met, expected = int(often["bin"].sum()), float(chance.sum())
        market = markets.of(agents)
        presence = _dependence(met, expected, links)
        if market is None:
            tiers = without_market(presence, self.limits.least_posts)
        else:
            sellers = tuple(agent for agent in market.agents if agent in agents)
            tiers = tuple(
                presence if tier.letter == "B" else tier for tier in markets.tiers(market, sellers)
            )
        return wording.Ring(
            agents=agents,
            carried=carried,
            resources=_most_often(joint["place"]),
            met=met,
            expected=expected,
            shared=talk.of(agents),
            same_task=float(joint["same_task"].to_numpy().mean()),
            tiers=tiers,
        )


def _most_often(names: pl.Series) -> tuple[str, ...]:
    counted = sorted((-times, name) for name, times in names.value_counts().rows())
    return tuple(name for _, name in counted)


def _spread(of_pairs: Floats, size: int) -> Floats:
    table = np.zeros((size, size))
    table[np.triu_indices(size, 1)] = of_pairs
    table += table.T
    return table


def _dependence(met: int, expected: float, links: pl.DataFrame) -> Tier:
    turns = _worst(links, "turns")
    return Tier(
        "B",
        DEPENDENCE,
        held=True,
        why=f"they met {met} times where {expected:.1f} were expected; at most {turns:.1%} of "
        "turns of a timeline bring a pair together as often",
        statistic=float(met),
        p_value=_worst(links, "p"),
        n=links.height,
        null="each agent's own places, frequency and hours; p of the weakest pair",
    )


def _worst(links: pl.DataFrame, name: str) -> float:
    return float(links[name].to_numpy().max())


def _poisson_quantiles(mean: float, at_most: int = 199) -> tuple[float, ...]:
    levels = np.arange(1, at_most + 1) / (at_most + 1)
    return tuple(scipy.stats.poisson.ppf(levels, mean).tolist())
