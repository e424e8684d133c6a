"""What can be planted: knobs in, truth and events out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np
import polars as pl

from commonmode.economy.clock import SECOND, Span
from commonmode.economy.decisions import Contexts, Votes
from commonmode.economy.rows import NOBODY, TRUTH, Ints, rows
from commonmode.economy.world import World

LABELLED_AFTER = SECOND
"""How long after its time a label arrives; what it labels comes a µs sooner (see `punctual`)."""

Label = Literal["culprit", "innocent"]
Act = Callable[[Span, np.random.Generator], Sequence[pl.DataFrame]]
Situate = Callable[[Contexts, np.random.Generator], None]
Vote = Callable[[Contexts, Votes, np.random.Generator], Sequence[pl.DataFrame]]


class Truth(msgspec.Struct, frozen=True):
    """One label: what a plant knows of one subject.

    Attributes
    ----------
    subject : str
        As a score would name it: ``family:helios``, ``ring:1``, ``agent:…``, ``operator:…``.
    details : dict
        Further facts, such as the ``agents`` of a ring.
    value : float, optional
        The effect size that a perfect detector would report.
    """

    subject: str
    details: dict[str, Any] = {}
    value: float | None = None


@dataclass(frozen=True)
class Plan:
    """What a plant does in one world.

    Parameters
    ----------
    truths : tuple of Truth
        Labels known from the start.
    situate : callable, optional
        Changes the situations of a stretch of time before anyone decides.
    vote : callable, optional
        Changes what agents decide; returns further events that go with it.
    act : callable, optional
        Returns further events of a stretch of time.
    """

    truths: tuple[Truth, ...] = ()
    situate: Situate | None = None
    vote: Vote | None = None
    act: Act | None = None


class UnknownPlantError(ValueError):
    """A plant, an innocent or a knob was asked for that does not exist."""


class BadKnobError(ValueError):
    """A knob was set to what it cannot be."""


@dataclass(frozen=True, kw_only=True)
class Plant(ABC):
    """A phenomenon or its innocent lookalike; the fields of a subclass are its knobs."""

    name: ClassVar[str]
    """As it is asked for on the command line."""
    phenomenon: ClassVar[str]
    """The detector it is meant for, or meant to mislead."""
    label: ClassVar[Label]

    @abstractmethod
    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Decide where in a world it is planted."""

    def knobs(self) -> dict[str, float]:
        """Return the knobs with their values."""
        return asdict(self)

    def declare(self, truths: Sequence[Truth], at: Ints, rng: np.random.Generator) -> pl.DataFrame:
        """Return labels as events; no detector reads this kind."""
        args = [
            msgspec.json.encode({"plant": self.name, "knobs": self.knobs(), **t.details}).decode()
            for t in truths
        ]
        return rows(
            TRUTH,
            np.full(len(truths), NOBODY),
            at,
            rng,
            agent="commonmode/economy",
            phenomenon=self.phenomenon,
            subject=pl.Series([truth.subject for truth in truths], dtype=pl.String),
            label=self.label,
            value=pl.Series([truth.value for truth in truths], dtype=pl.Float64),
            args=pl.Series(args, dtype=pl.String),
            delay=LABELLED_AFTER,
        )


def every_family(world: World) -> tuple[Truth, ...]:
    """Return a label for each family."""
    return tuple(Truth(f"family:{name}") for name, _, _ in world.population.families)


def punctual(frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """Return rows that are never late: they arrive just before a label of the same time."""
    return [frame.with_columns(delay=pl.lit(LABELLED_AFTER - 1)) for frame in frames]


def check_share(plant: Plant, *names: str) -> None:
    """Refuse a knob that is no share of one.

    Raises
    ------
    BadKnobError
        When a named knob lies outside 0 to 1.
    """
    for name in names:
        value = getattr(plant, name)
        if not 0 <= value <= 1:
            msg = f"{plant.name}: `{name}` is a share from 0 to 1; found {value:g}."
            raise BadKnobError(msg)


def check_least(plant: Plant, **least: float) -> None:
    """Refuse a knob that is too small.

    Raises
    ------
    BadKnobError
        When a named knob is below the least value given.
    """
    for name, bound in least.items():
        value = getattr(plant, name)
        if not bound <= value < float("inf"):
            msg = f"{plant.name}: `{name}` must be at least {bound:g}; found {value:g}."
            raise BadKnobError(msg)


def parse(text: str, registry: Sequence[type[Plant]]) -> Plant:
    """Read ``NAME[:KNOB=VALUE,…]``.

    Parameters
    ----------
    text : str
        What was asked for.
    registry : sequence of Plant types
        What there is.

    Raises
    ------
    UnknownPlantError
        When the name or a knob does not exist; the message lists those that do.
    BadKnobError
        When a value is no number, or not one that the knob can be.
    """
    name, _, settings = text.partition(":")
    known = {plant.name: plant for plant in registry}
    if name not in known:
        msg = f"no plant is called {name!r}. Hint: {', '.join(sorted(known))}"
        raise UnknownPlantError(msg)
    kinds = {knob: type(value) for knob, value in known[name]().knobs().items()}
    knobs: dict[str, Any] = {}
    for setting in filter(None, settings.split(",")):
        knob, _, value = setting.partition("=")
        if knob not in kinds:
            msg = f"{name} has no knob {knob!r}. Hint: {', '.join(kinds) or 'it has none'}"
            raise UnknownPlantError(msg)
        try:
            knobs[knob] = kinds[knob](value)
        except ValueError as error:
            msg = f"{name}: `{knob}` needs a number like {kinds[knob]()}; found {value!r}."
            raise BadKnobError(msg) from error
    return known[name](**knobs)
