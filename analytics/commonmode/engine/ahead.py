"""Reading ahead: what comes next is read while what came is counted."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """Yield items in their order, each made while the one before is used, by one thread.

    An error is raised where the item that it prevented would have come.

    Examples
    --------
    >>> list(ahead(n * n for n in range(4)))
    [0, 1, 4, 9]
    """
    source = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, source)
        while True:
            try:
                one = coming.result()
            except StopIteration:
                return
            coming = pool.submit(next, source)
            yield one
