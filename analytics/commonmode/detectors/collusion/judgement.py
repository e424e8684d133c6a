"""From presence to scores: the rings of a window, judged."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.stats import poisson

from commonmode.detectors.base import Window
from commonmode.detectors.collusion import sql, wording
from commonmode.detectors.collusion.footprints import footprint_response
from commonmode.detectors.collusion.limits import Limits
from commonmode.detectors.collusion.meetings import Chance, meetings
from commonmode.detectors.collusion.presence import visits
from commonmode.detectors.collusion.rings import judged_pairs, rings
from commonmode.detectors.collusion.sql import Meeting
from commonmode.detectors.score import Score, Verdict
from commonmode.detectors.tally import Tallies
from commonmode.statistics.ballots import Integers


class Judgement:
    """A window judged at one width of bins, from which the score of each ring is read."""

    def __init__(self, limits: Limits, window: Window, tallies: Tallies, wider: int) -> None:
        self.limits, self.window = limits, window
        self.table, self.messages = tallies["presence"], tallies["messages"]
        self.width = wider * limits.bin
        self.meeting = Meeting(self.width, limits.pause // self.width, limits.most_agents)
        self.visits = visits(self.table, wider, self.meeting.pause)
        self.met = meetings(self.visits, limits.most_agents)
        self.chance = Chance(self.met, max(1, limits.part_of_day // self.width))
        # Every width is a look at the same pairs.
        self.pairs = judged_pairs(self.met, self.chance, limits.least_met, len(limits.widths))
        self.links = self.pairs.filter(
            (pl.col("q") <= limits.rate)
            & (pl.col("met") >= limits.least_ratio * pl.col("expected"))
        )

    def found(self) -> list[Score]:
        """Return the score of every ring."""
        return [self._score(ring, self._links_of(ring), "finding") for ring in rings(self.links)]

    def nearest(self) -> list[Score]:
        """Return the score of the pair that came nearest to a ring, if any two met."""
        pair = self.pairs.sort("p", "first", "second").head(1)
        ends = pair.select("first", "second").to_numpy().ravel()
        return [] if pair.is_empty() else [self._score(ends, pair, "clear")]

    def _links_of(self, ring: Integers) -> pl.DataFrame:
        return self.links.filter(pl.col("first").is_in(ring.tolist()))

    def _score(self, codes: Integers, links: pl.DataFrame, verdict: Verdict) -> Score:
        joint = self._joint(codes)
        ring = self._ring(codes, joint, links)
        agents = sorted(ring.agents)
        where = (agents, self.window, self.meeting)
        words = wording.claim if verdict == "finding" else wording.clear_claim
        return Score(
            subject="ring:" + hashlib.sha256("\0".join(agents).encode()).hexdigest()[:12],
            verdict=verdict,
            claim=words(ring, self.width),
            statistic=float(ring.met),
            effect=ring.met / ring.expected,
            n=joint.height,
            null_sample=_poisson_quantiles(ring.expected),
            p_value=float(np.max(links["p"].to_numpy())),
            q_value=float(np.max(links["q"].to_numpy())),
            agents=ring.agents,
            resources=ring.resources,
            measures=_measures(ring),
            reasons=wording.reasons(ring),
            evidence=sql.evidence(*where),
            recompute=sql.recompute(*where),
        )

    def _joint(self, codes: Integers) -> pl.DataFrame:
        members = codes.tolist()
        return self.met.joint.filter(
            pl.col("first").is_in(members) & pl.col("second").is_in(members)
        )

    def _ring(self, codes: Integers, joint: pl.DataFrame, links: pl.DataFrame) -> wording.Ring:
        one, two = np.triu_indices(len(codes), 1)
        expected = float(self.chance.of(codes[one], codes[two]).expected.sum())
        agents = self._by_meetings(codes, joint)
        written = self.messages.filter(
            pl.col("agent").is_in(agents) & pl.col("recipient").is_in(agents)
        )
        return wording.Ring(
            agents=agents,
            resources=self._resources(joint),
            met=joint.select("first", "second", "bin").n_unique(),
            expected=expected,
            pairs=len(one),
            linked=links.height,
            messages=int(written["messages"].sum()),
            messages_logged=not self.messages.is_empty(),
            same_operator=self._same_operator(agents),
            same_task=float(joint["same_task"].to_numpy().mean()),
            response=footprint_response(
                self.table, agents, self.limits.response // self.limits.bin
            ),
        )

    def _by_meetings(self, codes: Integers, joint: pl.DataFrame) -> tuple[str, ...]:
        ends = joint["first"].append(joint["second"]).to_numpy()
        often = np.bincount(ends, minlength=len(self.met.agents))
        return tuple(
            self.met.agents[code] for code in sorted(codes.tolist(), key=lambda c: (-often[c], c))
        )

    def _resources(self, joint: pl.DataFrame) -> tuple[str, ...]:
        often = joint["where"].value_counts().sort("count", "where", descending=[True, False])
        return tuple(self.met.resources[code] for code in often["where"])

    def _same_operator(self, agents: Sequence[str]) -> float:
        own = self.table.filter(pl.col("agent").is_in(agents))
        counts = own.group_by("agent").agg(pl.col("operator").min())["operator"].drop_nulls()
        same = sum(n * (n - 1) / 2 for n in counts.value_counts()["count"])
        return float(same / math.comb(len(agents), 2))


def _measures(ring: wording.Ring) -> dict[str, float]:
    numbers = {
        "expected": ring.expected,
        "pairs": float(ring.pairs),
        "linked_pairs": float(ring.linked),
        "messages": float(ring.messages) if ring.messages_logged else math.nan,
        "same_operator": ring.same_operator,
        "same_task": ring.same_task,
        "tiers_held": 1.0 + wording.response_held(ring.response),
    }
    if ring.response is not None:
        numbers["footprint_responses"] = ring.response.observed
        numbers["footprint_expected"] = ring.response.expected
        numbers["footprint_p"] = ring.response.p_value
    return {name: value for name, value in numbers.items() if not math.isnan(value)}


def _poisson_quantiles(mean: float, at_most: int = 199) -> tuple[float, ...]:
    levels = np.arange(1, at_most + 1) / (at_most + 1)
    return tuple(poisson.ppf(levels, mean).tolist())
