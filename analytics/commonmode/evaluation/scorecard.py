"""The scorecard: what detectors get right and wrong, bad rows included."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from commonmode.evaluation.rates import Rate
from commonmode.evaluation.trials import Outcome

NOMINAL = 0.05
"""The share of false alarms that detectors promise to keep to."""

_HARMLESS = ("null", "innocent")


class Row(Struct, frozen=True, kw_only=True):
    """One detector on one world, over all seeds.

    Attributes
    ----------
    recall : Rate
        Culprits found, of those planted.
    fdr : float
        Realised false discovery rate: the mean over seeds of false findings / findings.
    false_alarms : Rate
        Seeds with at least one finding that names no culprit.
    precision, coverage : Rate
        Of the agents named, those in a culprit group; of those in such a group, the ones named.
    undetermined : Rate
        Scores without a verdict.
    bias : float
        Mean effect reported minus effect planted; `nan` where no effect is known.
    accused : tuple of str
        ``seed:subject`` of some false findings, to look at.
    seconds : float
        Median time of the detector.
    """

    detector: str
    world: str
    role: str
    about: str
    seeds: int
    recall: Rate
    fdr: float
    false_alarms: Rate
    precision: Rate
    coverage: Rate
    undetermined: Rate
    bias: float
    accused: tuple[str, ...]
    seconds: float

    @property
    def bad(self) -> bool:
        """Whether false alarms are certainly above nominal, or more than half is missed."""
        missed = self.role == "everything" and self.recall.value < 0.5  # noqa: PLR2004  half
        return self.false_alarms.interval()[0] > NOMINAL or missed


def rows(outcomes: Iterable[Outcome]) -> list[Row]:
    """Return one row per detector and world, in order of first appearance."""
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda o: o.seed):
        grouped.setdefault((outcome.detector, outcome.world), []).append(outcome)
    return [_row(group) for group in grouped.values()]


def _row(group: Sequence[Outcome]) -> Row:
    first, alarms = group[0], [outcome.alarms for outcome in group]
    errors = [error for one in alarms for error in one.errors]
    total = {name: sum(getattr(one, name) for one in alarms) for name in _COUNTS}
    return Row(
        detector=first.detector,
        world=first.world,
        role=first.role,
        about=first.about,
        seeds=len(group),
        recall=Rate(total["found"], total["culprits"], "no culprit was planted"),
        fdr=sum(one.false / max(1, one.findings) for one in alarms) / len(group),
        false_alarms=Rate(sum(one.false > 0 for one in alarms), len(group)),
        precision=Rate(total["rightly"], total["named"], "no group was named"),
        coverage=Rate(total["rightly"], total["members"], "no group was planted"),
        undetermined=Rate(total["undetermined"], total["scores"], "nothing was scored"),
        bias=sum(errors) / len(errors) if errors else math.nan,
        accused=tuple(f"{o.seed}:{name}" for o in group for name in o.alarms.accused)[:5],
        seconds=sorted(outcome.seconds for outcome in group)[len(group) // 2],
    )


_COUNTS = ("found", "culprits", "rightly", "named", "members", "undetermined", "scores")


def summary(table: Sequence[Row]) -> dict[str, Any]:
    """Return, per detector, the figures that scripts rely on, JSON-ready; undefined is None.

    ``fdr`` and ``recall`` are those of the world with every plant and every lookalike;
    ``false_alarm_rate`` is the share of worlds without any plant that raised a finding.
    """
    names = dict.fromkeys(row.detector for row in table)
    return {name: _figures([row for row in table if row.detector == name]) for name in names}


def _figures(table: Sequence[Row]) -> dict[str, Any]:
    whole = next((row for row in table if row.world == "everything"), None)
    harmless = [row for row in table if row.role in _HARMLESS]
    false = Rate(
        sum(row.false_alarms.hits for row in harmless),
        sum(row.false_alarms.trials for row in harmless),
        "no world without plants was tried",
    )
    recall = whole.recall if whole else Rate(0, 0, "the world with everything was not tried")
    own, other = table[0].detector, [row for row in table if row.role == "plant"]
    figures = {
        "fdr": whole.fdr if whole else math.nan,
        "recall": recall.value,
        "false_alarm_rate": false.value,
        "power": {row.world: row.recall.value for row in other if row.about == own},
        "bias": {row.world: row.bias for row in other if row.about == own},
        "false_alarms": {row.world: row.false_alarms.value for row in harmless},
        "crossfire": {row.world: row.false_alarms.value for row in other if row.about != own},
        "bad_rows": [row.world for row in table if row.bad],
        "undefined": {"recall": recall.reason, "false_alarm_rate": false.reason},
    }
    return {name: _plain(value) for name, value in figures.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner != ""}
    return None if isinstance(value, float) and math.isnan(value) else value
