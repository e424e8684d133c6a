"""The economy that the demo shows: all three phenomena among all their lookalikes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commonmode.economy.economy import MONDAY, Economy
from commonmode.economy.innocents import INNOCENTS
from commonmode.economy.planting import Plant
from commonmode.economy.plants.collusion import Collusion
from commonmode.economy.plants.monoculture import Monoculture
from commonmode.economy.plants.scope import Scope

_EVENTS_A_DAY = 30_000

PLANTED: tuple[Plant, ...] = (
    Monoculture(strength=0.6),
    Collusion(rings=2, size=5, joint=12),
    Scope(rate=0.0006, share=0.02),
)
SEED = 1
"""The draw that is shown unless another is asked for."""
LOOKALIKES: tuple[Plant, ...] = tuple(
    kind() for kind in INNOCENTS if kind.phenomenon in {plant.phenomenon for plant in PLANTED}
)


def demo(  # noqa: PLR0913  each is an argument of the economy
    *,
    seed: int = SEED,
    agents: int = 300,
    events: int | None = None,
    plants: Sequence[Plant] = PLANTED,
    innocents: Sequence[Plant] = LOOKALIKES,
    start: datetime = MONDAY,
    days: float = 1.0,
) -> Economy:
    """Return an economy whose plants show within its first day and whose innocents never do.

    About 100 events per agent and day: busy enough for a family's κ, calm enough that two agents
    rarely meet on one resource in one hour by chance.
    """
    return Economy(
        seed=seed,
        agents=agents,
        events=round(_EVENTS_A_DAY * days) if events is None else events,
        plants=plants,
        innocents=innocents,
        start=start,
        days=days,
    )
