"""Who draws the shards of an economy: a thread beside the reader, or processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Protocol

import polars as pl

from commonmode.economy.arrivals import Newcomers
from commonmode.economy.flow import Drawn, Flow, Room
from commonmode.economy.planting import Plant
from commonmode.economy.rows import TRUTH
from commonmode.economy.world import World

Written = Callable[[pl.DataFrame], pl.DataFrame]
"""Delivered rows → what is streamed of them; ``arrives``, ``id`` and ``is_label`` are kept."""

_ONE_THREAD = "POLARS_MAX_THREADS"


class Crew(Protocol):
    """Draws shards and delivers them, in any order, each the same whoever does it."""

    def draw(self, shard: int, room: Room) -> Future[Drawn]:
        """Begin to draw a shard."""
        ...

    def deliver(
        self, shard: int, drawn: Drawn, new: Newcomers, written: Written
    ) -> Future[pl.DataFrame]:
        """Begin to deliver one that was drawn."""
        ...


@contextmanager
def crew(flow: Flow, processes: int) -> Iterator[Crew]:
    """Hold a crew ready: one thread beside the reader, or so many processes.

    Polars lets go of Python's lock while it computes, so the thread puts a second core to use.
    """
    if processes == 1:
        with ThreadPoolExecutor(1) as thread:
            yield _Beside(flow, thread)
        return
    # A forked process would inherit Polars' threads and their locks.
    given = (flow.world, flow.plants)
    before = os.environ.get(_ONE_THREAD)
    os.environ[_ONE_THREAD] = "1"
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _open, given)
    try:
        yield _Processes(pool)
    finally:
        pool.shutdown(cancel_futures=True)
        os.environ.pop(_ONE_THREAD)
        if before is not None:
            os.environ[_ONE_THREAD] = before


def delivered(
    flow: Flow, shard: int, drawn: Drawn, new: Newcomers, written: Written
) -> pl.DataFrame:
    """Return what is streamed of a shard, labels marked as such."""
    rows = flow.deliver(shard, drawn, new)
    return written(rows.with_columns(is_label=pl.col("kind") == TRUTH))


class _Beside:
    def __init__(self, flow: Flow, thread: ThreadPoolExecutor) -> None:
        self.flow, self.thread = flow, thread

    def draw(self, shard: int, room: Room) -> Future[Drawn]:
        return self.thread.submit(self.flow.draw, shard, room)

    def deliver(
        self, shard: int, drawn: Drawn, new: Newcomers, written: Written
    ) -> Future[pl.DataFrame]:
        return self.thread.submit(delivered, self.flow, shard, drawn, new, written)


class _Processes:
    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self.pool = pool

    def draw(self, shard: int, room: Room) -> Future[Drawn]:
        return self.pool.submit(_draw, shard, room)

    def deliver(
        self, shard: int, drawn: Drawn, new: Newcomers, written: Written
    ) -> Future[pl.DataFrame]:
        return self.pool.submit(_deliver, shard, drawn, new, written)


_own: dict[str, Flow] = {}
"""The flow of this process, where it is one of a crew."""


def _open(world: World, plants: Sequence[Plant]) -> None:
    _own["flow"] = Flow(world, plants)


def _draw(shard: int, room: Room) -> Drawn:
    return _own["flow"].draw(shard, room)


def _deliver(*given: Any) -> pl.DataFrame:
    return delivered(_own["flow"], *given)
