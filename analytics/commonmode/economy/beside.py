"""Work on one chunk beside the drawing of the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_AHEAD = 2
"""Chunks under way: enough for a second core, few enough to stay in memory."""


def beside(work: Callable[[A], B], chunks: Iterable[A]) -> Iterator[B]:
    """Yield the work on each chunk, in order, done in a thread while later chunks are drawn.

    Polars lets go of Python's lock while it computes, so a second core is put to use.

    Examples
    --------
    >>> list(beside(str, range(4)))
    ['0', '1', '2', '3']
    """
    under_way: deque[Future[B]] = deque()
    with ThreadPoolExecutor(1) as thread:
        for chunk in chunks:
            under_way.append(thread.submit(work, chunk))
            if len(under_way) > _AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
