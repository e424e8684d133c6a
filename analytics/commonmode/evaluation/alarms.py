"""Findings as alarms: which name a culprit, which nobody, and how far estimates are off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from commonmode.detectors import Score
from commonmode.evaluation.truth import Culprit

ESTIMATES = ("effect", "size", "statistic")
"""What is compared with the truth: effect, members of a group, and relatively its statistic."""


class Alarms(Struct, frozen=True, kw_only=True):
    """What one detector said of one log.

    Attributes
    ----------
    culprits, found : int
        Planted subjects, and those that a finding finds.
    findings, false : int
        Findings, and those that are about no culprit.
    called, false_called : int
        Findings, and false findings, whose claim uses the phenomenon's own name ("collusion").
    named, rightly : int
        Agents that findings name as a group's, and those of them that belong to a culprit group.
    members : int
        Agents of culprit groups.
    undetermined, scores : int
        Scores without a verdict, and all of them.
    errors : dict of str to tuple of float
        By the names of `ESTIMATES`, reported minus planted for each culprit that was scored.
    p_values : tuple of float
        Of every score that has one.
    least_q : float or None
        The smallest q: Simes' p-value of "nothing stands in this log".
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
    called: int = 0
    false_called: int = 0
    errors: dict[str, tuple[float, ...]] = {}
    p_values: tuple[float, ...] = ()
    least_q: float | None = None
    accused: tuple[str, ...] = ()


_A_FEW = 5


def match(scores: Sequence[Score], planted: Sequence[Culprit], phenomenon: str = "") -> Alarms:
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
        called=sum(calls(f.claim, phenomenon) for f in findings),
        false_called=sum(calls(f.claim, phenomenon) for f in false),
        named=len(named),
        rightly=len(named & members),
        members=len(members),
        undetermined=sum(score.verdict == "undetermined" for score in scores),
        scores=len(scores),
        errors=_errors(scores, planted),
        p_values=tuple(score.p_value for score in scores if score.p_value is not None),
        least_q=min((score.q_value for score in scores if score.q_value is not None), default=None),
        accused=tuple(score.subject for score in false[:_A_FEW]),
    )


def calls(claim: str, phenomenon: str) -> bool:
    """Whether a claim ends in a phenomenon's own name: the word for what it found.

    Examples
    --------
    >>> calls("a and b answered each other: collusion (B and C hold).", "collusion")
    True
    >>> calls("a and b met: co-ordination, unexplained.", "collusion")
    False
    """
    return bool(phenomenon) and bool(re.search(rf": {re.escape(phenomenon)}\b", claim))


def _errors(scores: Sequence[Score], planted: Sequence[Culprit]) -> dict[str, tuple[float, ...]]:
    found: dict[str, list[float]] = {name: [] for name in ESTIMATES}
    for name, error in _each_error(scores, planted):
        found[name].append(error)
    return {name: tuple(errors) for name, errors in found.items() if errors}


def _each_error(scores: Sequence[Score], planted: Sequence[Culprit]) -> Iterator[tuple[str, float]]:
    for culprit in planted:
        for score in scores:
            if not culprit.accused_by(score.subject, score.agents):
                continue
            if culprit.effect is not None:
                yield "effect", score.effect - culprit.effect
            if culprit.agents and culprit.found_by(score.subject, score.agents):
                yield "size", float(len(set(score.agents)) - len(culprit.agents))
                if culprit.statistic:
                    yield "statistic", score.statistic / culprit.statistic - 1
