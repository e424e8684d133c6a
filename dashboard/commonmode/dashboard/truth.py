"""Labels in the log beside what was found: who was found, missed, and wrongly flagged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read
from commonmode.dashboard.theme import DETECTORS
from commonmode.evaluation.truth import Culprit

LABELS = """
SELECT DISTINCT phenomenon, subject, label,
       coalesce(args->>'plant', args->>'lookalike', '') AS plant,
       coalesce(TRY_CAST(args->'agents' AS VARCHAR[]), []) AS agents,
       coalesce(TRY_CAST(args->'resources' AS VARCHAR[]), []) AS resources
FROM truth
WHERE "at" >= $start AND "at" < $end AND label IN ('culprit', 'innocent')
  AND list_contains($detectors, phenomenon)
ORDER BY phenomenon, plant, subject LIMIT 2000
"""

STANDING = """
SELECT detector, subject, agents, resources FROM findings
WHERE status <> 'withdrawn' AND NOT provisional AND window_end > $start AND window_start < $end
  AND subject IS NOT NULL
LIMIT 5000
"""


class Label(NamedTuple):
    """What the log says of one subject: culprit of a phenomenon, or innocent of it."""

    phenomenon: str
    subject: str
    label: str
    plant: str
    agents: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


class Named(NamedTuple):
    """Whom and what a finding names."""

    detector: str
    subject: str
    agents: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


class Count(NamedTuple):
    """One line of the scorecard."""

    phenomenon: str
    planted: int
    found: int
    missed: int
    false_alarms: int


class Innocent(NamedTuple):
    """One innocent lookalike: how many subjects it has, and how many of them were flagged."""

    lookalike: str
    phenomenon: str
    subjects: int
    flagged: int
    example: str


def names(finding: Named, label: Label) -> bool:
    """Tell whether a finding names a culprit: by its subject, or by half of a group's members.

    Examples
    --------
    >>> ring = Label("collusion", "ring:1", "culprit", "collusion", ("a", "b", "c"))
    >>> names(Named("collusion", "ring:f3", ("a", "b")), ring)
    True
    """
    found = _culprit(label).found_by(finding.subject, finding.agents)
    return found or label.subject in finding.agents


def accuses(finding: Named, label: Label) -> bool:
    """Tell whether a finding is about a culprit at all, though it may name too few of a group.

    Examples
    --------
    >>> ring = Label("collusion", "ring:1", "culprit", "collusion", tuple("abcde"))
    >>> accuses(Named("collusion", "ring:f3", ("a", "b")), ring)
    True
    """
    about = _culprit(label).accused_by(finding.subject, finding.agents)
    return about or label.subject in finding.agents


def _culprit(label: Label) -> Culprit:
    return Culprit(label.subject, frozenset(label.agents))


def touches(finding: Named, label: Label) -> bool:
    """Tell whether a finding has anything to do with a label: the strictest view of innocents."""
    shared = {*finding.agents, *finding.resources} & {*label.agents, *label.resources}
    return names(finding, label) or bool(shared)


def false_alarms(labels: Iterable[Label], findings: Iterable[Named]) -> list[Named]:
    """Return the findings that name no culprit of their phenomenon."""
    culprits = [label for label in labels if label.label == "culprit"]
    return [
        finding
        for finding in findings
        if not any(accuses(finding, c) for c in culprits if c.phenomenon == finding.detector)
    ]


def scorecard(labels: Sequence[Label], findings: Sequence[Named]) -> list[Count]:
    """Count found, missed and false per phenomenon that the log has labels of."""
    wrong = false_alarms(labels, findings)
    return [
        _count(phenomenon, labels, findings, wrong)
        for phenomenon in sorted({label.phenomenon for label in labels})
    ]


def _count(
    phenomenon: str, labels: Sequence[Label], findings: Sequence[Named], wrong: Sequence[Named]
) -> Count:
    culprits = {
        label.subject: label
        for label in labels
        if label.phenomenon == phenomenon and label.label == "culprit"
    }
    raised = [finding for finding in findings if finding.detector == phenomenon]
    found = sum(any(names(f, culprit) for f in raised) for culprit in culprits.values())
    false = sum(finding.detector == phenomenon for finding in wrong)
    return Count(phenomenon, len(culprits), found, len(culprits) - found, false)


def innocents(labels: Sequence[Label], findings: Sequence[Named]) -> list[Innocent]:
    """Sum up the innocent lookalikes, those that were flagged first.

    A lookalike is flagged when a finding that names no culprit shares its subject, an agent or a
    resource with it.
    """
    wrong = false_alarms(labels, findings)
    groups: dict[tuple[str, str], list[Label]] = {}
    for label in labels:
        if label.label == "innocent":
            groups.setdefault((label.plant, label.phenomenon), []).append(label)
    rows = [
        Innocent(plant, phenomenon, len(group), _flagged(group, wrong), group[0].subject)
        for (plant, phenomenon), group in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row.flagged, row.phenomenon, row.lookalike))


def _flagged(group: Sequence[Label], wrong: Sequence[Named]) -> int:
    return sum(
        any(touches(f, label) for f in wrong if f.detector == label.phenomenon) for label in group
    )


def labels(period: Period) -> list[Label]:
    """Return what the log declares true in the period, of phenomena that a detector looks for."""
    rows = read(LABELS, start=period.start, end=period.end, detectors=list(DETECTORS))
    return [
        Label(phenomenon, subject, label, plant, tuple(agents), tuple(resources))
        for phenomenon, subject, label, plant, agents, resources in rows.iter_rows()
    ]


def standing(period: Period) -> list[Named]:
    """Return whom and what the standing findings name; one raised live is no verdict yet."""
    rows = read(STANDING, start=period.start, end=period.end)
    return [
        Named(detector, subject, tuple(agents), tuple(resources))
        for detector, subject, agents, resources in rows.iter_rows()
    ]


def frame(rows: Sequence[NamedTuple], kind: type[NamedTuple]) -> pl.DataFrame:
    """Lay named tuples out as a frame, with their columns even when there are none."""
    return pl.DataFrame(rows, schema=list(kind._fields), orient="row")
