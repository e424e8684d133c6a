"""What a score of bidders who take turns says to people."""

from __future__ import annotations

from typing import NamedTuple

from commonmode.detectors.collusion.influence import Influence
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
    carried: Influence
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
    """Return every tier, who carries the ring, and what else could explain it."""
    beside = (
        ring.carried.sentence(ring.agents[0]),
        _COST if ring.costs else _NO_COST,
        "" if ring.said else _ASSUMED,
    )
    return reasons(ring.shared, ring.tiers, *beside)


def _where(ring: Turns) -> str:
    count = len(ring.resources)
    return f"of {count} lots" if count > 1 else f"of {ring.resources[0]}"
