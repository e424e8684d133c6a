"""Trials: every detector on every world that concerns it, seed by seed, over processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime
from multiprocessing import get_context
from typing import Protocol

import polars as pl
from msgspec import Struct

from commonmode.detectors import Detector, Window
from commonmode.evaluation.alarms import Alarms, match
from commonmode.evaluation.truth import culprits


class World(Protocol):
    """A labelled log that can be drawn again for every seed."""

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

    def frame(self, seed: int) -> tuple[pl.DataFrame, datetime, datetime]:
        """Return events with labels, and the window to judge."""
        ...


class Outcome(Struct, frozen=True):
    """What one detector said of one world under one seed, and how long it took."""

    detector: str
    world: str
    role: str
    about: str
    seed: int
    alarms: Alarms
    seconds: float


def concerns(world: World, detector: str) -> bool:
    """Whether a detector is tried on a world: not on lookalikes of other phenomena."""
    return world.role != "innocent" or world.about == detector


def attempt(world: World, detectors: Sequence[Detector], seed: int) -> list[Outcome]:
    """Draw a world once and try detectors on it; they never see a label."""
    events, start, end = world.frame(seed)
    outcomes = []
    for detector in detectors:
        begun = time.perf_counter()
        seen = events.lazy().filter(pl.col("kind").is_in(sorted(detector.reads)))
        scores = detector.detect(seen.select(detector.columns()), Window(start, end))
        alarms = match(scores, culprits(events, detector.name))
        seconds = time.perf_counter() - begun
        name, role, about = world.name, world.role, world.about
        outcomes.append(Outcome(detector.name, name, role, about, seed, alarms, seconds))
    return outcomes


def attempts(
    worlds: Iterable[World],
    detectors: Sequence[Detector],
    seeds: Iterable[int],
    *,
    processes: int = 1,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each world and seed, in any order.

    Parameters
    ----------
    worlds : iterable of World
        What to try detectors on; picklable.
    detectors : sequence of Detector
        What to try.
    seeds : iterable of int
        One draw of each world per seed.
    processes : int
        How many worlds to try at once.
    """
    tasks = [
        (world, tuple(d for d in detectors if concerns(world, d.name)), seed)
        for seed in seeds
        for world in worlds
    ]
    tasks = [task for task in tasks if task[1]]
    if min(processes, len(tasks)) <= 1:
        yield from (attempt(*task) for task in tasks)
        return
    # A forked process would inherit Polars' threads and their locks.
    with ProcessPoolExecutor(min(processes, len(tasks)), get_context("spawn"), _alone) as pool:
        yield from (done.result() for done in as_completed(pool.submit(attempt, *t) for t in tasks))


def _alone() -> None:
    os.nice(5)
