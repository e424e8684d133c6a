"""One look at an electorate: how alike each family chooses, and how likely that is by chance."""

from __future__ import annotations

import math

import numpy as np

from commonmode.detectors.monoculture.exchange import null_kappas
from commonmode.detectors.monoculture.limits import Limits
from commonmode.detectors.monoculture.votes import Electorate
from commonmode.statistics.agreement import ExcessAgreement, excess_agreement
from commonmode.statistics.permutation import upper_p_value


def agreement(people: Electorate, limits: Limits) -> ExcessAgreement:
    """Return the excess agreement of every family among some people."""
    ballots = people.ballots(people.votes)
    return excess_agreement(ballots, people.family, len(people.families), limits.weight_cap)


class Look:
    """κ of every family among some people, its null, its p-value, or why there is none.

    Attributes
    ----------
    agreement : ExcessAgreement
        Of every family.
    null : ndarray of shape (draws, families)
        κ when families are exchanged.
    p : ndarray of shape (families,)
        Upper p-values.
    why_not : list of str
        Why a family cannot be judged; empty where it can.
    """

    def __init__(self, people: Electorate, limits: Limits, seed: int) -> None:
        self.people, self.limits = people, limits
        self.agreement = agreement(people, limits)
        self.null = null_kappas(people, self.agreement.kappa, limits, seed)
        self.p = upper_p_value(np.nan_to_num(self.agreement.kappa, nan=-math.inf), self.null)
        self.sizes = np.bincount(people.family, minlength=len(people.families))
        self.why_not = [self._obstacle(family) for family in range(len(people.families))]

    def is_strong(self, family: int) -> bool:
        """Whether κ of a family can be judged and is large enough to report."""
        return not self.why_not[family] and bool(
            self.agreement.kappa[family] >= self.limits.least_kappa
        )

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
