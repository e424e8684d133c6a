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
STOPS, STOP_SECONDS = 3, 2.0
"""How often what is under way is stopped, and how long it may take to undo what it did."""


class Stopped(BaseException):
    """The tick ends before this detector is done; what it committed stands."""


class _Working:
    """The threads that are at work."""

    def __init__(self) -> None:
        self._threads = set[int]()
        self._changed = threading.Condition()

    def during(self, work: Callable[[], Tick]) -> Tick:
        own = threading.get_ident()
        with self._changed:
            self._threads.add(own)
        try:
            return work()
        finally:
            with self._changed:
                self._threads.discard(own)
                self._changed.notify_all()

    def stop(self) -> bool:
        """Raise `Stopped` in each, as Ctrl-C would be in the main thread; return if all ended."""
        with self._changed:
            for thread in self._threads:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread), ctypes.py_object(Stopped)
                )
            return self._changed.wait_for(lambda: not self._threads, STOP_SECONDS)


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
            # What is raised while Python collects garbage is lost.
            for _ in range(STOPS):
                if working.stop():
                    break
            raise
