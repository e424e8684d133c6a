"""Side by side: detectors at work at the same time, each in a thread of its own."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial

from commonmode.detectors import Detector
from commonmode.engine.tick import Tick

AT_ONCE = 2
"""Detectors at work at a time: where one computes by itself, the query of another has a core."""
HEEDS_SECONDS = 0.2
"""How long Ctrl-C may wait: a handler that is not Python's does not wake who waits for a lock."""


class Stopped(BaseException):
    """The tick ends before this detector is done; what it committed stands."""


class _Working:
    """The threads that are at work."""

    def __init__(self) -> None:
        self._threads = set[int]()
        self._lock = threading.Lock()

    def during(self, work: Callable[[], Tick]) -> Tick:
        own = threading.get_ident()
        with self._lock:
            self._threads.add(own)
        try:
            return work()
        finally:
            with self._lock:
                self._threads.discard(own)

    def stop(self) -> None:
        """Raise `Stopped` in each, where Ctrl-C would be raised if it were the main thread."""
        with self._lock:
            for thread in self._threads:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread), ctypes.py_object(Stopped)
                )


def side_by_side(run: Callable[[Detector], Tick], detectors: Sequence[Detector]) -> list[Tick]:
    """Run detectors, the first of them first, and return what each did, in their order.

    Where one raises, or the caller is interrupted, the others end at once and no more begin.
    """
    working = _Working()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="detector") as pool:
        try:
            running = [pool.submit(working.during, partial(run, one)) for one in detectors]
            waiting = set(running)
            while waiting:
                ended, waiting = wait(waiting, HEEDS_SECONDS, return_when=FIRST_EXCEPTION)
                for one in ended:
                    one.result()
            return [one.result() for one in running]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            working.stop()
            raise
