"""Findings as alarms: which name a culprit, which nobody."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from commonmode.detectors import Score
from commonmode.evaluation.truth import Culprit


class Alarms(Struct, frozen=True, kw_only=True):
    """What one detector said of one log.

    Attributes
    ----------
    culprits, found : int
        Planted subjects, and those that a finding finds.
    findings, false : int
        Findings, and those that are about no culprit.
    named, rightly : int
        Agents that findings name as a group's, and those of them that belong to a culprit group.
    members : int
        Agents of culprit groups.
    undetermined, scores : int
        Scores without a verdict, and all of them.
    errors : tuple of float
        Effect reported minus effect planted, for each culprit that was scored.
    accused : tuple of str
        Subjects of the false findings, the first few.
    """

    culprits: int
    found: int
    findings: int
    false: int
    named: int
    rightly: int
    members: int
    undetermined: int
    scores: int
    errors: tuple[float, ...] = ()
    accused: tuple[str, ...] = ()


_A_FEW = 5


def match(scores: Sequence[Score], planted: Sequence[Culprit]) -> Alarms:
    """Match findings with culprits.

    A finding about any culprit is true. A group is found once half of its members are named
    together; naming two of them is true and finds nobody yet.

    Examples
    --------
    >>> match([], [Culprit("family:a")]).found
    0
    """
    findings = [score for score in scores if score.verdict == "finding"]
    false = [f for f in findings if not any(c.accused_by(f.subject, f.agents) for c in planted)]
    members = frozenset[str]().union(*(culprit.agents for culprit in planted))
    named = frozenset(agent for f in findings for agent in f.agents) if members else frozenset()
    return Alarms(
        culprits=len(planted),
        found=sum(any(c.found_by(f.subject, f.agents) for f in findings) for c in planted),
        findings=len(findings),
        false=len(false),
        named=len(named),
        rightly=len(named & members),
        members=len(members),
        undetermined=sum(score.verdict == "undetermined" for score in scores),
        scores=len(scores),
        errors=tuple(
            score.effect - culprit.effect
            for culprit in planted
            if culprit.effect is not None
            for score in scores
            if culprit.accused_by(score.subject, score.agents)
        ),
        accused=tuple(score.subject for score in false[:_A_FEW]),
    )
