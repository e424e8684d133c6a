"""What a collusion score says to people: the claim, the tiers, and what was not tested."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from commonmode.statistics.stratified import StratifiedExcess

_SIGNIFICANT = 0.05


class Ring(NamedTuple):
    """The numbers that a score of one ring speaks of."""

    agents: tuple[str, ...]
    resources: tuple[str, ...]
    met: int
    expected: float
    pairs: int
    linked: int
    messages: int
    messages_logged: bool
    same_operator: float
    same_task: float
    response: StratifiedExcess | None


def claim(ring: Ring, width: timedelta) -> str:
    """Return the finding in one sentence."""
    return (
        f"{named(ring.agents)} acted on the same resource within {_minutes(width)} "
        f"{ring.met} times, where {ring.expected:.1f} were expected, {_where(ring)}, "
        f"{_talk(ring)}: co-ordination, unexplained."
    )


def _where(ring: Ring) -> str:
    count = len(ring.resources)
    return f"on {count} resources" if count > 1 else "always on the same one"


def clear_claim(ring: Ring, width: timedelta) -> str:
    """Return the sentence of the pair that came nearest without holding."""
    return (
        f"No pair co-ordinates beyond chance; nearest are {named(ring.agents)}, {ring.met} times "
        f"on the same resource within {_minutes(width)}, where {ring.expected:.1f} were expected."
    )


def named(agents: Sequence[str], at_most: int = 8) -> str:
    """Return names as people list them.

    Examples
    --------
    >>> named(["a", "b", "c"]), named(["a", "b", "c"], at_most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    shown = list(agents[:at_most])
    rest = len(agents) - len(shown)
    last = f"{rest} more" if rest else shown.pop()
    return f"{', '.join(shown)} and {last}" if shown else last


def reasons(ring: Ring) -> tuple[str, ...]:
    """Return the alternative explanations, the tiers, and what this log could not test."""
    said = (_talking(ring), _operator(ring), _task(ring), _response(ring), _tiers(ring))
    return tuple(reason for reason in said if reason)


def response_held(response: StratifiedExcess | None) -> bool:
    """Return whether members answered each other's footprints beyond the placebo."""
    return response is not None and response.p_value <= _SIGNIFICANT


def _talk(ring: Ring) -> str:
    if ring.messages:
        return f"with {ring.messages} direct messages between them"
    return "without a message between them" if ring.messages_logged else "messages not logged"


def _talking(ring: Ring) -> str:
    if ring.messages:
        return f"They talk: {ring.messages} direct messages between members may explain it."
    if ring.messages_logged:
        return "Members sent each other no direct message in the window: it is silent."
    return "Whether they talked could not be tested: this log holds no direct messages."


def _operator(ring: Ring) -> str:
    if ring.same_operator == 0:
        return ""
    return f"{ring.same_operator:.0%} of the pairs have one operator, which may direct both."


def _task(ring: Ring) -> str:
    if ring.same_task == 0:
        return ""
    return f"{ring.same_task:.0%} of the meetings were on one task, which may explain them."


def _response(ring: Ring) -> str:
    found = ring.response
    if found is None:
        return (
            "Footprint response could not be tested on this log, because members left no priced "
            "change of state on a resource."
        )
    if math.isnan(found.p_value):
        return (
            "Footprint response could not be tested on this log, because no one else left a priced "
            "change of state on the same resources to compare with."
        )
    return (
        f"Footprint response: members answered {found.observed:.0f} of each other's priced "
        f"changes, {found.expected:.1f} expected from others' on the same resources "
        f"(p = {found.p_value:.2g})."
    )


def _tiers(ring: Ring) -> str:
    held = "B (dependence beyond popularity, taste and hours)"
    if response_held(ring.response):
        held += " and C (footprint response) hold"
    else:
        held += " holds"
    return (
        f"Of four tiers {held}; A (outcome screens) and D (not a best reply) are not tested here, "
        "so it is not called collusion, which takes three including C or D."
    )


def _minutes(width: timedelta) -> str:
    return f"{width / timedelta(minutes=1):g} minutes"
