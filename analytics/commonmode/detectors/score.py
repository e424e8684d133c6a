"""What a detector says of one subject: a number, its null, and how to get it again."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from commonmode.detectors.query import Query

Verdict = Literal["finding", "clear", "undetermined"]


class Score(Struct, frozen=True, kw_only=True):
    """One subject's score in one window, alarming or not.

    Attributes
    ----------
    subject : str
        What is scored, stable over windows: ``family:gpt``, ``ring:3f2a…``, ``agent:a7``.
    verdict : {'finding', 'clear', 'undetermined'}
        Whether it is reported; undetermined when the log cannot tell, with `reasons` saying why.
    claim : str
        One sentence for people, with names and the effect.
    statistic, effect : float
        The test statistic, and the effect size in its natural unit.
    null_sample : tuple of float
        The statistic's null distribution: draws or quantiles, at most 200, sorted. Empty where
        the claim is exact.
    p_value, q_value : float or None
        Before and after correction for multiplicity; None where the claim is exact.
    n : int
        How many units (votes, co-actions, actions) the statistic rests on.
    agents, resources : tuple of str
        Who and what is named, most influential first.
    measures : dict of str to float
        Further numbers with their names, e.g. ``n_eff``.
    reasons : tuple of str
        Alternative explanations, assumptions, and what this log could not test.
    evidence : Query
        Selects the events that prove it: columns as in `events`.
    recompute : Query
        Selects one number from the events: `statistic` again.
    """

    subject: str
    verdict: Verdict
    claim: str
    statistic: float
    effect: float
    n: int
    evidence: Query
    recompute: Query
    null_sample: tuple[float, ...] = ()
    p_value: float | None = None
    q_value: float | None = None
    agents: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    measures: dict[str, float] = {}
    reasons: tuple[str, ...] = ()
