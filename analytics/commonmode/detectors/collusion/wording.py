"""What a collusion score says to people: the claim, the tiers, and what was not tested."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from commonmode.detectors.collusion.influence import Influence
from commonmode.detectors.collusion.talk import Shared
from commonmode.detectors.collusion.tiers import Tier, held, said, word
from commonmode.statistics.footprint_response import Response


class Ring(NamedTuple):
    """The numbers that a score of agents who met speaks of."""

    agents: tuple[str, ...]
    carried: Influence
    resources: tuple[str, ...]
    met: int
    expected: float
    shared: Shared
    same_task: float
    tiers: tuple[Tier, ...]


def claim(ring: Ring, width: timedelta) -> str:
    """Return the finding in one sentence."""
    return (
        f"{named(ring.agents)} acted on the same resource within {_minutes(width)} "
        f"{ring.met} times, where {ring.expected:.1f} were expected, {_where(ring)}, "
        f"{talked(ring.shared)}: {verdict(ring.tiers)}."
    )


def clear_claim(ring: Ring, width: timedelta) -> str:
    """Return the sentence of the pair that came nearest without holding."""
    return (
        f"No pair co-ordinates beyond chance; nearest are {named(ring.agents)}, {ring.met} times "
        f"on the same resource within {_minutes(width)}, where {ring.expected:.1f} were expected."
    )


class Answers(NamedTuple):
    """The numbers that a score of a market whose cuts are answered speaks of."""

    agents: tuple[str, ...]
    resource: str
    response: Response
    every: timedelta
    shared: Shared
    tiers: tuple[Tier, ...]


def answered_claim(ring: Answers) -> str:
    """Return the finding of a market whose cuts are answered, in one sentence."""
    path = ring.response.path
    prompt, left = (float(part.mean()) for part in (path[:2], path[-2:]))
    return (
        f"{named(ring.agents)} answer each other's price cuts on {ring.resource}: {prompt:.1%} "
        f"lower within two rounds of {_minutes(ring.every)}, {left:.1%} after {len(path)}, in "
        f"{ring.response.n} cases, {talked(ring.shared)}: {verdict(ring.tiers)}."
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


def ring_reasons(ring: Ring) -> tuple[str, ...]:
    """Return the reasons of agents who met."""
    return reasons(
        ring.shared, ring.tiers, ring.carried.sentence(ring.agents[0]), _task(ring.same_task)
    )


def reasons(shared: Shared, tiers: Sequence[Tier], *others: str) -> tuple[str, ...]:
    """Return every tier with its number, the rule, and what else could explain it."""
    beside = (_talking(shared), _operator(shared), *others)
    return (
        *(tier.sentence() for tier in tiers),
        _rule(tiers),
        *(reason for reason in beside if reason),
    )


def tier_measures(tiers: Sequence[Tier]) -> dict[str, float]:
    """Return how many tiers held and the numbers of each."""
    numbers = {"tiers_held": float(held(tiers))}
    for tier in tiers:
        numbers |= tier.measures()
    return numbers


def verdict(tiers: Sequence[Tier]) -> str:
    """Return the word for what was found, and on which tiers it rests."""
    return f"{word(tiers)} ({said(tiers)})"


def _rule(tiers: Sequence[Tier]) -> str:
    return (
        f"{held(tiers)} of four tiers held, so it is called {word(tiers)}: collusion takes three, "
        "with C, or D where C could not be tested."
    )


def _where(ring: Ring) -> str:
    count = len(ring.resources)
    return f"on {count} resources" if count > 1 else "always on the same one"


def talked(shared: Shared) -> str:
    """Return whether they wrote to one another."""
    if shared.messages:
        return f"with {shared.messages} direct messages between them"
    return "without a message between them" if shared.logged else "messages not logged"


def _talking(shared: Shared) -> str:
    if shared.messages:
        return f"They talk: {shared.messages} direct messages between members may explain it."
    if shared.logged:
        return "Members sent each other no direct message in the window: it is silent."
    return "Whether they talked could not be tested: this log holds no direct messages."


def _operator(shared: Shared) -> str:
    if shared.same_operator == 0:
        return ""
    return f"{shared.same_operator:.0%} of the pairs have one operator, which may direct both."


def _task(same_task: float) -> str:
    if same_task == 0:
        return ""
    return f"{same_task:.0%} of the meetings were on one task, which may explain them."


def _minutes(width: timedelta) -> str:
    return f"{width / timedelta(minutes=1):g} minutes"
