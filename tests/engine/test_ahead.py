"""What comes next is made while what came is used, and nothing is made twice or lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from commonmode.engine.ahead import ahead


def test_the_next_item_is_made_while_the_last_is_used() -> None:
    made = threading.Semaphore(0)

    def items() -> Iterator[int]:
        for n in range(3):
            made.release()
            yield n

    for n in ahead(items()):
        # This one, and the next before it is asked for.
        assert made.acquire(timeout=10)
        if n == 0:
            assert made.acquire(timeout=10)
            made.release()


def test_no_more_than_one_is_made_ahead() -> None:
    made = list[int]()

    def items() -> Iterator[int]:
        for n in range(9):
            made.append(n)
            yield n

    used = ahead(items())
    next(used)
    used.close()

    assert made == [0, 1]


def test_an_error_comes_in_the_place_of_the_item_that_it_prevented() -> None:
    came = list[int]()

    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  it has no text
        came.extend(ahead(items()))

    assert came == [1, 2]
