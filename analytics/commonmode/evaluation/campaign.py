"""A campaign: many trials over processes, each kept as soon as it is done."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context

from commonmode.detectors import Detector
from commonmode.evaluation.archive import Archive
from commonmode.evaluation.trials import Outcome, World, attempt, concerns

_Task = tuple[World, tuple[Detector, ...], int]

_ONE_THREAD = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def attempts(
    worlds: Iterable[World],
    detectors: Sequence[Detector],
    seeds: Iterable[int],
    *,
    processes: int = 1,
    archive: Archive | None = None,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each world and seed, kept ones first, the others in any order.

    Parameters
    ----------
    worlds : iterable of World
        What to try detectors on; picklable.
    detectors : sequence of Detector
        What to try.
    seeds : iterable of int
        One draw of each world per seed; every world is drawn once for all detectors.
    processes : int
        How many worlds to try at once.
    archive : Archive, optional
        Where outcomes are kept and found again; by default nowhere.
    """
    kept = archive or Archive(None)
    to_do: list[_Task] = []
    for seed, world in [(seed, world) for seed in seeds for world in worlds]:
        asked = [detector for detector in detectors if concerns(world, detector.name)]
        known = {detector.name: kept.find(world, detector, seed) for detector in asked}
        if there := [outcome for outcome in known.values() if outcome]:
            yield there
        if missing := tuple(detector for detector in asked if not known[detector.name]):
            to_do.append((world, missing, seed))
    for (world, tried, _), outcomes in _done(to_do, processes):
        for detector, outcome in zip(tried, outcomes, strict=True):
            kept.keep(world, detector, outcome)
        yield outcomes


def _done(tasks: Sequence[_Task], processes: int) -> Iterator[tuple[_Task, list[Outcome]]]:
    if min(processes, len(tasks)) <= 1:
        yield from ((task, attempt(*task)) for task in tasks)
        return
    # A forked process would inherit Polars' threads and their locks.
    with single_threaded():
        pool = ProcessPoolExecutor(min(processes, len(tasks)), get_context("spawn"), _alone)
        try:
            under_way = {pool.submit(attempt, *task): task for task in tasks}
            for done in as_completed(under_way):
                yield under_way.pop(done), done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _alone() -> None:
    os.nice(5)


@contextmanager
def single_threaded() -> Iterator[None]:
    """Start processes that keep to one thread each: there is one per core already."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
