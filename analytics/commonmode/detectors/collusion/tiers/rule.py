"""The rule: three tiers of four, a cut answered among them, before anything is called collusion."""

from __future__ import annotations

from collections.abc import Sequence

from commonmode.detectors.collusion.tiers.tier import Tier

COLLUSION = "collusion"
UNEXPLAINED = "co-ordination, unexplained"
_ENOUGH = 3


def word(tiers: Sequence[Tier]) -> str:
    """Return what a group may be called.

    Collusion takes three tiers of four, C (footprint response) or D (not a best reply) among them.
    Where C could be tested and did not hold, D does not stand in for it: learners without memory
    price far above their best reply, and can punish nobody.

    Parameters
    ----------
    tiers : sequence of Tier
        One of each letter.

    References
    ----------
    Calvano et al. (2023), Algorithmic collusion: Genuine or spurious?, IJIO 90.

    Examples
    --------
    >>> held = {letter: Tier(letter, "", True, "") for letter in "ABCD"}
    >>> refuted, untested = Tier("C", "", False, ""), Tier("C", "", None, "")
    >>> word([held["A"], held["B"], refuted, held["D"]])
    'co-ordination, unexplained'
    >>> word([held["A"], held["B"], untested, held["D"]]), word([held["A"], held["B"], held["C"]])
    ('collusion', 'collusion')
    """
    state = {tier.letter: tier.held for tier in tiers}
    answered = state.get("C")
    decisive = bool(answered or (answered is None and state.get("D")))
    return COLLUSION if decisive and held(tiers) >= _ENOUGH else UNEXPLAINED


def held(tiers: Sequence[Tier]) -> int:
    """Return how many tiers hold."""
    return sum(tier.held is True for tier in tiers)


def said(tiers: Sequence[Tier]) -> str:
    """Return which tiers hold, in words.

    Examples
    --------
    >>> said([Tier("A", "", True, ""), Tier("B", "", False, ""), Tier("C", "", None, "")])
    'tier A holds, B does not, C could not be tested'
    """
    groups = (
        ("holds", "hold", [tier.letter for tier in tiers if tier.held]),
        ("does not", "do not", [tier.letter for tier in tiers if tier.held is False]),
        (
            "could not be tested",
            "could not be tested",
            [tier.letter for tier in tiers if tier.held is None],
        ),
    )
    parts = [
        f"{', '.join(letters[:-1])}{' and ' if letters[1:] else ''}{letters[-1]} "
        f"{one if len(letters) == 1 else several}"
        for one, several, letters in groups
        if letters
    ]
    return f"tier{'' if len(groups[0][2]) == 1 else 's'} {', '.join(parts)}"
