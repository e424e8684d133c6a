"""Ending between two records when asked to: nothing half sent, everything counted."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruptible(Iterator[T], Generic[T]):
    """Records that end early on SIGINT or SIGTERM, at once even where the next is waited for.

    Whoever iterates then finishes as at the end of any input.
    A second signal interrupts for good.

    Parameters
    ----------
    records : iterable
        What to iterate.

    Examples
    --------
    >>> with Interruptible("ab") as records:
    ...     list(records), records.interrupted
    (['a', 'b'], False)
    """

    def __init__(self, records: Iterable[T]) -> None:
        self._records = iter(records)
        self._waiting = False
        self.interrupted = False

    def __next__(self) -> T:
        if self.interrupted:
            raise StopIteration
        try:
            self._waiting = True
            return next(self._records)
        except KeyboardInterrupt:
            raise StopIteration from None
        finally:
            self._waiting = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        again, self.interrupted = self.interrupted, True
        if self._waiting or again:
            raise KeyboardInterrupt
