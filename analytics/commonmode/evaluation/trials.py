"""A trial: every detector that a world concerns, tried on one draw of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import polars as pl
from msgspec import Struct

from commonmode.detectors import Detector, Window
from commonmode.evaluation.alarms import Alarms, match
from commonmode.evaluation.looks import Looks, look
from commonmode.evaluation.truth import Culprit, culprits


class World(Protocol):
    """A labelled log that can be drawn again for every seed; its `repr` says all that it is."""

    @property
    def name(self) -> str:
        """Unique."""
        ...

    @property
    def role(self) -> str:
        """What stands in it: null, innocent, plant or everything."""
        ...

    @property
    def about(self) -> str:
        """The phenomenon meant; empty for all."""
        ...

    @property
    def knob(self) -> tuple[str, float] | None:
        """The knob that it turns, and how far; None off a power curve."""
        ...

    @property
    def looks(self) -> int:
        """How often its own detector looks while it lasts, for delays; 0 for once, at the end."""
        ...

    def frame(self, seed: int) -> tuple[pl.DataFrame, datetime, datetime]:
        """Return events with labels, and the window to judge."""
        ...


class Outcome(Struct, frozen=True, kw_only=True):
    """What one detector said of one world under one seed, and how long it took."""

    detector: str
    world: str
    role: str
    about: str
    seed: int
    alarms: Alarms
    seconds: float
    knob: tuple[str, float] | None = None
    looks: Looks | None = None


def concerns(world: World, detector: str) -> bool:
    """Whether a detector is tried on a world: not on lookalikes of other phenomena."""
    return world.role != "innocent" or world.about == detector


def attempt(world: World, detectors: Sequence[Detector], seed: int) -> list[Outcome]:
    """Draw a world once and try detectors on it; they never see a label."""
    events, start, end = world.frame(seed)
    return [_tried(world, detector, seed, events, Window(start, end)) for detector in detectors]


def _tried(
    world: World, detector: Detector, seed: int, events: pl.DataFrame, window: Window
) -> Outcome:
    planted = culprits(events, detector.name)
    begun = time.perf_counter()
    seen = events.lazy().filter(pl.col("kind").is_in(sorted(detector.reads)))
    seen = seen.select(detector.columns())
    alarms = match(detector.detect(seen, window), planted, detector.name)
    seconds = time.perf_counter() - begun
    return Outcome(
        detector=detector.name,
        world=world.name,
        role=world.role,
        about=world.about,
        seed=seed,
        alarms=alarms,
        seconds=seconds,
        knob=world.knob,
        looks=_looked(world, detector, seen, planted, window),
    )


def _looked(
    world: World,
    detector: Detector,
    seen: pl.LazyFrame,
    planted: Sequence[Culprit],
    window: Window,
) -> Looks | None:
    if not world.looks or world.about != detector.name:
        return None
    return look(detector, seen.collect(), planted, window, world.looks)
