"""From votes to scores: every family of a window, judged."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import scipy

from commonmode.detectors.base import Window
from commonmode.detectors.monoculture import sql, wording
from commonmode.detectors.monoculture.exchange import null_kappas
from commonmode.detectors.monoculture.influence import influential
from commonmode.detectors.monoculture.limits import Limits
from commonmode.detectors.monoculture.votes import Electorate
from commonmode.detectors.score import Score
from commonmode.statistics.agreement import ExcessAgreement, excess_agreement
from commonmode.statistics.ballots import Floats
from commonmode.statistics.effective_number import effective_number
from commonmode.statistics.permutation import upper_p_value


class Judgement:
    """A judged window, from which the score of each family is read."""

    def __init__(
        self,
        limits: Limits,
        window: Window,
        people: Electorate,
        seed: int,
        sample: sql.Sample = sql.EVERY_VOTE,
    ) -> None:
        self.limits, self.window, self.people, self.sample = limits, window, people, sample
        self.agreement = self._agreement(people.votes)
        self.errors = self._agreement(people.votes.filter("wrong"))
        self.null = null_kappas(people, self.agreement.kappa, limits, seed)
        self.sizes = np.bincount(people.family, minlength=len(people.families))
        self.votes = np.bincount(people.votes["family"], minlength=len(people.families))
        self.p = upper_p_value(np.nan_to_num(self.agreement.kappa, nan=-np.inf), self.null)
        self.why_not = [self._obstacle(family) for family in range(len(people.families))]
        self.again: dict[int, tuple[str, ...]] = {}
        self._correct()
        if len(found := self._found()) > 1:
            self._judge_again(found, seed)

    def _correct(self) -> None:
        testable = [not why for why in self.why_not]
        self.q = np.ones_like(self.p)
        if any(testable):
            self.q[testable] = scipy.stats.false_discovery_control(self.p[testable])

    def _found(self) -> list[int]:
        return [family for family in range(len(self.people.families)) if self._is_found(family)]

    def _is_found(self, family: int) -> bool:
        strong = bool(self.agreement.kappa[family] >= self.limits.least_kappa)
        return not self.why_not[family] and strong and bool(self.q[family] <= self.limits.rate)

    def _judge_again(self, found: list[int], seed: int) -> None:
        """Let a family count as found only if it also is without the stronger ones.

        A strong family moves as one, so what the others share with it swings together, further
        than under exchange: beside it an innocent family can look unusual.
        """
        strongest = max(found, key=lambda family: self.agreement.kappa[family])
        name = self.people.families[strongest]
        others = self.people.without(strongest)
        rest = Judgement(self.limits, self.window, others, seed, self.sample)
        for family in set(found) - {strongest}:
            place = family - (family > strongest)
            if why := rest.why_not[place]:
                self.why_not[family] = wording.only_beside(name, why)
            else:
                self.again[family] = (
                    wording.without(name, rest.p[place]),
                    *rest.again.get(place, ()),
                )
                self.p[family] = max(self.p[family], rest.p[place])
        self._correct()

    def _agreement(self, votes: pl.DataFrame) -> ExcessAgreement:
        ballots = self.people.ballots(votes)
        pairs = ballots.agreement(self.people.family, len(self.people.families))
        return excess_agreement(pairs, self.limits.weight_cap)

    def scores(self) -> list[Score]:
        """Return the score of every family."""
        return [self.score(family) for family in range(len(self.people.families))]

    def _obstacle(self, family: int) -> str:
        """Return why the family cannot be judged, or nothing."""
        if len(self.people.families) == 1:
            return "no other family acted to compare with"
        if self.sizes[family] < self.limits.least_agents:
            return (
                f"{self.sizes[family]} agents acted, fewer than the "
                f"{self.limits.least_agents} it takes"
            )
        if self.agreement.situations[family] < self.limits.least_contexts:
            return self._too_few_contexts(family)
        if self._tied(family) > self.limits.rate:
            return "families and operators are not mixed enough to tell one from the other"
        return ""

    def _too_few_contexts(self, family: int) -> str:
        runners = self.people.operator[self.people.family == family]
        if len(set(runners.tolist())) == 1:
            return "one operator runs all of its agents, so a shared prompt may be the cause"
        return (
            f"in {self.agreement.situations[family]:.0f} contexts its agents of different "
            "operators met each other and other families, fewer than the "
            f"{self.limits.least_contexts} it takes"
        )

    def _tied(self, family: int) -> float:
        # The share of exchanges that change nothing bounds every p-value from below.
        if len(self.people.votes) > self.limits.most_null_votes:
            return 0.0
        return float(np.isclose(self.null[:, family], self.agreement.kappa[family]).mean())

    def score(self, family: int) -> Score:
        """Return the score of one family."""
        why, kappa = self.why_not[family], float(self.agreement.kappa[family])
        contrast = self._contrast(family)
        found = self._is_found(family)
        agents = self._named(family)
        return Score(
            subject=f"family:{contrast.family}",
            verdict="undetermined" if why else "finding" if found else "clear",
            claim=self._claim(contrast, why, found=found),
            statistic=kappa,
            effect=kappa,
            n=int(self.votes[family]),
            null_sample=() if why else _quantiles(self.null[:, family]),
            p_value=None if why else float(self.p[family]),
            q_value=None if why else float(self.q[family]),
            agents=agents,
            measures=self._measures(family, contrast),
            reasons=self._reasons(family, contrast),
            evidence=sql.evidence(agents or self._members(family), self.window),
            recompute=sql.recompute(
                contrast.family, self.window, self.limits.weight_cap, self.sample
            ),
        )

    def _reasons(self, family: int, contrast: wording.Contrast) -> tuple[str, ...]:
        why = self.why_not[family]
        said = (why,) if why else self.again.get(family, ())
        return (*said, *wording.caveats(contrast))

    def _claim(self, contrast: wording.Contrast, why: str, *, found: bool) -> str:
        if why:
            return wording.undetermined_claim(contrast.family, why)
        return wording.claim(contrast) if found else wording.clear_claim(contrast)

    def _contrast(self, family: int) -> wording.Contrast:
        size, kappa = int(self.sizes[family]), float(self.agreement.kappa[family])
        members = self.people.family == family
        return wording.Contrast(
            family=self.people.families[family],
            agents=size,
            situations=int(self.agreement.situations[family]),
            kappa=kappa,
            within=float(self.agreement.within[family]),
            between=float(self.agreement.between[family]),
            n_eff=effective_number(size, kappa),
            operators_known=float(self.people.operated[members].mean()),
            errors_within=float(self.errors.within[family]),
            errors_between=float(self.errors.between[family]),
            is_sampled=self.sample != sql.EVERY_VOTE,
        )

    def _measures(self, family: int, contrast: wording.Contrast) -> dict[str, float]:
        numbers = {
            "within": contrast.within,
            "between": contrast.between,
            "n_eff": contrast.n_eff,
            "family_agents": float(contrast.agents),
            "contexts": float(contrast.situations),
            "operators_known": contrast.operators_known,
            "error_agreement_within": contrast.errors_within,
            "error_agreement_between": contrast.errors_between,
            "error_kappa": float(self.errors.kappa[family]),
        }
        return {name: value for name, value in numbers.items() if not math.isnan(value)}

    def _named(self, family: int) -> tuple[str, ...]:
        codes = influential(self.people.votes, family, self.limits.most_named)
        return tuple(self.people.agents[code] for code in codes)

    def _members(self, family: int) -> tuple[str, ...]:
        codes = np.flatnonzero(self.people.family == family)[: self.limits.most_named]
        return tuple(self.people.agents[code] for code in codes)


def _quantiles(null: Floats, at_most: int = 199) -> tuple[float, ...]:
    finite = null[np.isfinite(null)]
    if not len(finite):
        return ()
    levels = np.linspace(0, 1, min(at_most, len(finite)))
    return tuple(np.quantile(finite, levels, method="inverted_cdf").tolist())
