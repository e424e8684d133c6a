"""What a monoculture score says to people: the claim and what it could not rule out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_SHARED = (
    "Only excess over other families shows here: agreement that all families share cannot be told "
    "from one sensible action without knowing the right one."
)

_SAMPLED = (
    "The window holds more votes than are counted: these are of contexts and agents drawn by "
    "the digest of their names, so each family's share is as it was and other agents go unnamed."
)


class Contrast(NamedTuple):
    """The numbers that a score of one family speaks of."""

    family: str
    agents: int
    situations: int
    kappa: float
    within: float
    between: float
    n_eff: float
    operators_known: float
    errors_within: float
    errors_between: float
    is_sampled: bool = False

    @property
    def crowd(self) -> str:
        """Who was looked at."""
        drawn = "sampled " if self.is_sampled else ""
        return f"The {self.agents} agents {drawn}of family {self.family}"


def claim(found: Contrast) -> str:
    """Return the finding in one sentence."""
    return (
        f"{found.crowd} choose alike in {found.within:.0%} of "
        f"pairs, against {found.between:.0%} across families (excess κ = {found.kappa:.3f}): they "
        f"decide like {found.n_eff:.1f} independent agents."
    )


def clear_claim(seen: Contrast, *, explained: bool) -> str:
    """Return the sentence of a family that shows no excess worth reporting."""
    rest = "but nothing is left of that in a second look" if explained else "no excess"
    return (
        f"{seen.crowd} choose alike in {seen.within:.0%} of "
        f"pairs, against {seen.between:.0%} across families (κ = {seen.kappa:.3f}): {rest}."
    )


def caveats(seen: Contrast) -> tuple[str, ...]:
    """Return the alternative explanations that remain, and what the log could not test."""
    sampled = (_SAMPLED,) if seen.is_sampled else ()
    return (_SHARED, _operators(seen.operators_known), _errors(seen), *sampled)


def _operators(known: float) -> str:
    if known == 1:
        return (
            "Pairs of the same operator are left out, so a shared system prompt is not the cause."
        )
    return (
        f"Operators are known for {known:.0%} of the agents: where they are not, a system prompt "
        "shared inside the family could be the cause."
    )


def _errors(seen: Contrast) -> str:
    if math.isnan(seen.errors_within) or math.isnan(seen.errors_between):
        return "Agreement on mistakes could not be compared: the log names too few right choices."
    return (
        f"Where both are wrong, pairs of the family make the same mistake in "
        f"{seen.errors_within:.0%} of cases, against {seen.errors_between:.0%} across families."
    )


def undetermined_claim(family: str, why: str) -> str:
    """Return the sentence of a family that this log cannot judge."""
    return f"Whether family {family} decides alike cannot be told from this log: {why}."


class Again(NamedTuple):
    """What a second look at a family found.

    Attributes
    ----------
    left_out : sequence of str
        Stronger families, found to decide alike themselves.
    others : sequence of str
        Whom it was compared with.
    kappa, p_value : float
        Its excess there.
    held : bool
        Whether that is large and rare enough.
    """

    left_out: Sequence[str]
    others: Sequence[str]
    kappa: float
    p_value: float
    held: bool


def on_second_look(left_out: Sequence[str], why: str) -> str:
    """Return why a family that seems to decide alike cannot be judged after all."""
    return f"{_setting(left_out)}, {why}"


def again(seen: Again) -> str:
    """Return what a second look found."""
    setting = _setting(seen.left_out)
    return (
        f"{setting[0].upper()}{setting[1:]} ({', '.join(seen.others)}), its excess is "
        f"κ = {seen.kappa:.3f} with p = {seen.p_value:.3f}."
    )


def _setting(left_out: Sequence[str]) -> str:
    stronger = ", ".join(left_out)
    without = f"without {stronger}, stronger and found, and " if stronger else ""
    return f"{without}beside votes of the same time by those families that choose most like it"
