"""Rows of the scorecard: one detector on one world, over all seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from msgspec import Struct

from commonmode.evaluation.alarms import ESTIMATES
from commonmode.evaluation.rates import Rate
from commonmode.evaluation.trials import Outcome

NOMINAL = 0.05
"""The share of false alarms that detectors promise to keep to."""

NEVER = "not reached"
"""In place of a delay, where the last look had found fewer."""

HARMLESS = ("null", "innocent")
"""Roles of worlds in which nothing is planted."""


class Bias(Struct, frozen=True):
    """Estimates minus truth: their mean, their standard error, and of how many."""

    mean: float
    error: float
    n: int


class Delay(Struct, frozen=True, kw_only=True):
    """How long culprits went unfound by a detector that looks several times.

    Attributes
    ----------
    found : Rate
        Culprits found by any look.
    median : float or None
        Hours until found, of all culprits; None when less than half were.
    slow : float or None
        The 90th percentile, None when fewer were found.
    false : Rate
        Logs with a false finding at any look.
    looks : int
        How many looks.
    """

    found: Rate
    median: float | None
    slow: float | None
    false: Rate
    looks: int

    @property
    def half_by(self) -> str:
        """When half of all were found, in words."""
        return _hours(self.median)

    @property
    def nine_tenths_by(self) -> str:
        """When nine tenths of all were found, in words."""
        return _hours(self.slow)


def _hours(hours: float | None) -> str:
    return NEVER if hours is None else f"{hours:.1f} h"


class Row(Struct, frozen=True, kw_only=True):
    """One detector on one world, over all seeds.

    Attributes
    ----------
    knob : tuple of (str, float), optional
        The knob that the world turns, where it is a point of a power curve.
    recall : Rate
        Culprits found, of those planted.
    fdr, fdr_error : float
        Realised false discovery rate: the mean over seeds of false findings / findings, and its
        standard error.
    false_alarms : Rate
        Seeds with at least one finding that names no culprit.
    findings, called, false_called : int
        Findings; those, and the false ones, whose claim uses the phenomenon's own name.
    precision, coverage : Rate
        Of the agents named, those in a culprit group; of those in such a group, the ones named.
    undetermined : Rate
        Scores without a verdict.
    biases : dict of str to Bias
        By the names of `alarms.ESTIMATES`, where truth is known.
    delay : Delay, optional
        Where the detector looked several times.
    accused : tuple of str
        ``seed:subject`` of some false findings, to look at.
    """

    detector: str
    world: str
    role: str
    about: str
    seeds: int
    recall: Rate
    fdr: float
    fdr_error: float
    false_alarms: Rate
    findings: int
    called: int
    false_called: int
    precision: Rate
    coverage: Rate
    undetermined: Rate
    knob: tuple[str, float] | None = None
    biases: dict[str, Bias] = {}
    delay: Delay | None = None
    accused: tuple[str, ...] = ()

    @property
    def bias(self) -> float:
        """Mean effect reported minus effect planted; `nan` where no effect is known."""
        known = self.biases.get("effect")
        return known.mean if known else math.nan

    @property
    def bad(self) -> bool:
        """Whether false alarms are certainly above nominal, or more than half is missed."""
        return self.misses or self.alarms

    @property
    def alarms(self) -> bool:
        """Whether false alarms are certainly above nominal."""
        return self.false_alarms.interval()[0] > NOMINAL

    @property
    def misses(self) -> bool:
        """Whether more than half of what was planted was missed."""
        return bool(self.recall.trials) and self.recall.value < 1 / 2

    @property
    def why_bad(self) -> str:
        """What is wrong with it; empty when nothing is."""
        said = [f"finds {self.recall.words()}"] if self.misses else []
        said += [f"false alarms in {self.false_alarms.words()} logs"] if self.alarms else []
        return " and ".join(said)


def rows(outcomes: Iterable[Outcome]) -> list[Row]:
    """Add outcomes up, one row per detector and world, in the order they come."""
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda o: o.seed):
        grouped.setdefault((outcome.detector, outcome.world), []).append(outcome)
    return [_row(group) for group in grouped.values()]


_COUNTS = (
    "found culprits rightly named members undetermined scores findings called false_called".split()
)


def _row(group: Sequence[Outcome]) -> Row:
    first, alarms = group[0], [outcome.alarms for outcome in group]
    total = {name: sum(getattr(one, name) for one in alarms) for name in _COUNTS}
    false = [one.false / max(1, one.findings) for one in alarms]
    return Row(
        detector=first.detector,
        world=first.world,
        role=first.role,
        about=first.about,
        knob=first.knob,
        seeds=len(group),
        recall=Rate(total["found"], total["culprits"], "no culprit was planted"),
        fdr=round(statistics.fmean(false), 6),
        fdr_error=_standard_error(false),
        false_alarms=Rate(sum(one.false > 0 for one in alarms), len(group)),
        findings=total["findings"],
        called=total["called"],
        false_called=total["false_called"],
        precision=Rate(total["rightly"], total["named"], "no group was named"),
        coverage=Rate(total["rightly"], total["members"], "no group was planted"),
        undetermined=Rate(total["undetermined"], total["scores"], "nothing was scored"),
        biases=_biases(group),
        delay=_delay(group),
        accused=tuple(f"{o.seed}:{name}" for o in group for name in o.alarms.accused)[:5],
    )


def _standard_error(numbers: Sequence[float]) -> float:
    if len(numbers) <= 1:
        return 0.0
    return round(statistics.stdev(numbers) / math.sqrt(len(numbers)), 6)


def _biases(group: Sequence[Outcome]) -> dict[str, Bias]:
    found = {
        name: [error for outcome in group for error in outcome.alarms.errors.get(name, ())]
        for name in ESTIMATES
    }
    return {
        name: Bias(round(statistics.fmean(errors), 6), _standard_error(errors), len(errors))
        for name, errors in found.items()
        if errors
    }


def _delay(group: Sequence[Outcome]) -> Delay | None:
    looked = [outcome.looks for outcome in group if outcome.looks]
    if not looked:
        return None
    delays = [math.inf if d is None else d for one in looked for d in one.delays]
    return Delay(
        found=Rate(sum(map(math.isfinite, delays)), len(delays), "no culprit was planted"),
        median=_within(delays, 0.5),
        slow=_within(delays, 0.9),
        false=Rate(sum(one.false > 0 for one in looked), len(looked)),
        looks=looked[0].looks,
    )


def _within(delays: Sequence[float], share: float) -> float | None:
    """Return the delay within which a share of all was found, if it ever was."""
    ordered = sorted(delays)
    place = max(0, math.ceil(share * len(ordered)) - 1)
    return ordered[place] if ordered and math.isfinite(ordered[place]) else None
