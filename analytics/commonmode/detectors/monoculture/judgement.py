"""From votes to scores: every family of a window, judged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from commonmode.detectors.base import Window
from commonmode.detectors.monoculture import sql, wording
from commonmode.detectors.monoculture.influence import influential
from commonmode.detectors.monoculture.limits import Limits
from commonmode.detectors.monoculture.look import Look, agreement
from commonmode.detectors.monoculture.rivals import Rivals
from commonmode.detectors.monoculture.votes import Electorate
from commonmode.detectors.score import Score
from commonmode.statistics.ballots import Floats
from commonmode.statistics.effective_number import effective_number
from commonmode.statistics.false_discovery import implied_false_discovery


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
        self.look = Look(people, limits, seed)
        self.agreement, self.sizes = self.look.agreement, self.look.sizes
        self.errors = agreement(people.choosing("wrong"), limits)
        self.influential = influential(people.votes, limits.most_named)
        self.votes = np.bincount(people.votes["family"], minlength=len(people.families))
        self.p, self.why_not = self.look.p.copy(), list(self.look.why_not)
        self.again: dict[int, wording.Again] = {}
        self._correct()
        self._look_again(Rivals(people, limits, seed))

    def _correct(self) -> None:
        testable = [not why for why in self.why_not]
        self.q = np.ones_like(self.p)
        # Importing scipy.stats takes longer than judging most windows.
        self.q[testable] = implied_false_discovery(self.p[testable], sum(testable))

    def _is_found(self, family: int) -> bool:
        held = family not in self.again or self.again[family].held
        return held and self.look.is_strong(family) and self._is_rare(family)

    def _is_rare(self, family: int) -> bool:
        return not self.why_not[family] and bool(self.q[family] <= self.limits.rate)

    def _look_again(self, rivals: Rivals) -> None:
        """Let a family count as found only if it also is in a second look.

        A family confirmed is left out of the looks at weaker ones: it moves as one, so what the
        others share with it swings together, further than under exchange.
        """
        families = range(len(self.people.families))
        found = [family for family in families if self._is_found(family)]
        confirmed = list[int]()
        for family in sorted(found, key=lambda one: -self.agreement.kappa[one]):
            look, place = rivals.again(family, confirmed)
            if self._heed(family, look, place, confirmed):
                confirmed.append(family)
        self._correct()

    def _heed(self, family: int, look: Look, place: int, confirmed: Sequence[int]) -> bool:
        names = [self.people.families[one] for one in confirmed]
        if why := look.why_not[place]:
            self.why_not[family] = wording.on_second_look(names, why)
            return False
        p = float(look.p[place])
        held = look.is_strong(place) and p <= self.limits.rate
        others = [name for at, name in enumerate(look.people.families) if at != place]
        kappa = float(look.agreement.kappa[place])
        self.again[family] = wording.Again(names, others, kappa, p, held=held)
        self.p[family] = max(self.p[family], p)
        return held

    def scores(self) -> list[Score]:
        """Return the score of every family."""
        return [self.score(family) for family in range(len(self.people.families))]

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
            null_sample=() if why else _quantiles(self.look.null[:, family]),
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
        seen = self.again.get(family)
        said = (why,) if why else (wording.again(seen),) if seen else ()
        return (*said, *wording.caveats(contrast))

    def _claim(self, contrast: wording.Contrast, why: str, *, found: bool) -> str:
        if why:
            return wording.undetermined_claim(contrast.family, why)
        if found:
            return wording.claim(contrast)
        return wording.clear_claim(contrast, explained=contrast.family in self._explained())

    def _explained(self) -> set[str]:
        return {self.people.families[one] for one, seen in self.again.items() if not seen.held}

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
            "second_kappa": self.again[family].kappa if family in self.again else math.nan,
        }
        return {name: value for name, value in numbers.items() if not math.isnan(value)}

    def _named(self, family: int) -> tuple[str, ...]:
        return tuple(self.people.agents[code] for code in self.influential.get(family, ()))

    def _members(self, family: int) -> tuple[str, ...]:
        codes = np.flatnonzero(self.people.family == family)[: self.limits.most_named]
        return tuple(self.people.agents[code] for code in codes)


def _quantiles(null: Floats, at_most: int = 199) -> tuple[float, ...]:
    finite = null[np.isfinite(null)]
    if not len(finite):
        return ()
    levels = np.linspace(0, 1, min(at_most, len(finite)))
    return tuple(np.quantile(finite, levels, method="inverted_cdf").tolist())
