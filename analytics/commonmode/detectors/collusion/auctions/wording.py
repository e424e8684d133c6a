"""What a score of bidders who take turns says to people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from commonmode.detectors.collusion.auctions.groups import Own
from commonmode.detectors.collusion.talk import Shared
from commonmode.detectors.collusion.tiers import Tier
from commonmode.detectors.collusion.wording import named, reasons, talked, verdict

_COST = "Who was cheaper is taken into account: a winner that changes because costs do is expected."
_NO_COST = (
    "Costs are not logged for all of their bids: winners that are busy after a win, and dearer "
    "then, would change as well."
)
_ASSUMED = "The log does not say who won; the lowest bid is taken to win."


class Turns(NamedTuple):
    """The numbers that a score of bidders who take turns speaks of."""

    agents: tuple[str, ...]
    carried: str
    resources: tuple[str, ...]
    auctions: int
    changes: int
    expected: float
    shared: Shared
    tiers: tuple[Tier, ...]
    costs: bool
    said: bool


def claim(ring: Turns) -> str:
    """Return the finding in one sentence."""
    return (
        f"{named(ring.agents)} take turns at winning: in {ring.auctions} auctions {_where(ring)} "
        f"the winner changed between two of them {ring.changes} times, where {ring.expected:.1f} "
        f"were expected, {talked(ring.shared)}: {verdict(ring.tiers)}."
    )


def clear_claim(ring: Turns) -> str:
    """Return the sentence of the two that came nearest without holding."""
    return (
        f"No bidders take turns beyond costs and chance; nearest are {named(ring.agents)}, between "
        f"whom the winner changed {ring.changes} times in {ring.auctions} auctions, where "
        f"{ring.expected:.1f} were expected."
    )


def turns_reasons(ring: Turns) -> tuple[str, ...]:
    """Return every tier, who carries or takes part in it, and what else could explain it."""
    beside = (
        ring.carried,
        _COST if ring.costs else _NO_COST,
        "" if ring.said else _ASSUMED,
    )
    return reasons(ring.shared, ring.tiers, *beside)


def parts_sentence(own: Sequence[Own]) -> str:
    """Return how those who keep coming together were told from those who take part.

    Examples
    --------
    >>> parts_sentence([Own("a", 9.0, 0.001), Own("b", 8.0, 0.01), Own("c", 1.0, 0.4)])
    "Each one's wins dealt anew, a and b change with the others too often (p ≤ 0.01); c does not."
    """
    inside = [one for one in own if one.named]
    if not inside:
        return ""
    names, most = named([one.agent for one in inside]), max(one.p_value for one in inside)
    outside = [one.agent for one in own if not one.named]
    rest = f"; {named(outside)} {'does' if len(outside) == 1 else 'do'} not" if outside else ""
    return (
        f"Each one's wins dealt anew, {names} change with the others too often (p ≤ {most:.2g})"
        f"{rest}."
    )


def _where(ring: Turns) -> str:
    count = len(ring.resources)
    return f"of {count} lots" if count > 1 else f"of {ring.resources[0]}"
