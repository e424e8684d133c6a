"""The worlds of the scorecard: nothing, each lookalike, each plant by strength, everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

import polars as pl

from commonmode.economy.economy import Economy
from commonmode.economy.innocents import INNOCENTS
from commonmode.economy.planting import Plant
from commonmode.economy.plants import PLANTS
from commonmode.economy.plants.cascade import Cascade
from commonmode.economy.plants.collusion import Collusion
from commonmode.economy.plants.learners import Learners
from commonmode.economy.plants.monoculture import Monoculture
from commonmode.economy.plants.rotation import Rotation
from commonmode.economy.plants.scope import Scope

Role = Literal["null", "innocent", "plant", "everything"]

STRENGTHS: tuple[Plant, ...] = (
    *(Monoculture(strength=strength) for strength in (0.1, 0.2, 0.3, 0.4, 0.6)),
    Monoculture(strength=0.4, wrong=0.3),
    *(Collusion(joint=joint) for joint in (3, 4, 6, 8, 12)),
    *(Learners(tries=tries) for tries in (0.02, 0.05, 0.08)),
    *(Rotation(auctions=auctions) for auctions in (24, 32, 48, 64, 96)),
    *(Scope(rate=rate) for rate in (0.0002, 0.0005, 0.002)),
    *(Cascade(ratio=ratio) for ratio in (0.3, 0.7, 0.9)),
)
"""Every plant at the strengths of its power curve."""

KNOBS = {
    "monoculture": "strength",
    "collusion": "joint",
    "learners": "tries",
    "rotation": "auctions",
    "scope": "rate",
    "cascade": "ratio",
}
"""The knob of each power curve."""

_LOOKS = 8
"""How often a detector looks at a day in which its plant stands at its usual strength."""


@dataclass(frozen=True, kw_only=True)
class World:
    """An economy of which one phenomenon, or all, can be judged, once per seed.

    Parameters
    ----------
    name : str
        Unique.
    role : {'null', 'innocent', 'plant', 'everything'}
        What stands in it: nothing, one lookalike, one plant, or all of both.
    about : str
        The phenomenon meant; empty for all.
    plants, innocents : tuple of Plant
        What is planted.
    agents, events : int
        Its size.
    knob : tuple of (str, float), optional
        The knob turned, and how far, where it is a point of a power curve.
    looks : int
        How often its own detector looks while it lasts.
    """

    name: str
    role: Role
    about: str = ""
    plants: tuple[Plant, ...] = ()
    innocents: tuple[Plant, ...] = ()
    agents: int = 300
    events: int = 30_000
    knob: tuple[str, float] | None = None
    looks: int = 0

    def frame(self, seed: int) -> tuple[pl.DataFrame, datetime, datetime]:
        """Return the events as a store keeps them, each id once, from when and until when."""
        economy = Economy(
            seed=seed,
            agents=self.agents,
            events=self.events,
            plants=self.plants,
            innocents=self.innocents,
        )
        events = pl.concat(list(economy.frames()))
        return events.unique("id", keep="first", maintain_order=True), economy.start, economy.end


def worlds(agents: int, events: int) -> list[World]:
    """Return every world of the scorecard at one size."""
    plants = tuple(kind() for kind in PLANTS)
    innocents = tuple(kind() for kind in INNOCENTS)
    sized = partial(World, agents=agents, events=events)
    return [
        sized(name="nothing planted", role="null"),
        *(
            sized(name=one.name, role="innocent", about=one.phenomenon, innocents=(one,))
            for one in innocents
        ),
        *(
            sized(
                name=_described(one),
                role="plant",
                about=one.phenomenon,
                plants=(one,),
                knob=_turned(one),
                looks=_LOOKS if one == type(one)() else 0,
            )
            for one in STRENGTHS
        ),
        sized(name="all plants", role="everything", plants=plants),
        sized(name="everything", role="everything", plants=plants, innocents=innocents),
    ]


def _described(plant: Plant) -> str:
    turned = {KNOBS[plant.name]: plant.knobs()[KNOBS[plant.name]], **_unusual(plant)}
    return f"{plant.name} " + ",".join(f"{knob}={value:g}" for knob, value in turned.items())


def _turned(plant: Plant) -> tuple[str, float] | None:
    """Return the knob that a plant turns, if it turns no other."""
    knob = KNOBS[plant.name]
    return (knob, plant.knobs()[knob]) if _unusual(plant).keys() <= {knob} else None


def _unusual(plant: Plant) -> dict[str, float]:
    usual = type(plant)().knobs()
    return {knob: value for knob, value in plant.knobs().items() if value != usual[knob]}
