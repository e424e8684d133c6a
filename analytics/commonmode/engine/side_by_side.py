"""Side by side: detectors at work at the same time, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from commonmode.detectors import Detector
from commonmode.engine.tick import Report, Tick

AT_ONCE = 2
"""Detectors at work at a time: where one computes by itself, the query of another has a core."""


class StoppedError(Exception):
    """The tick ends before this detector is done; what it committed stands."""


def side_by_side(
    run: Callable[[Detector, Report], Tick], detectors: Sequence[Detector], report: Report
) -> list[Tick]:
    """Run detectors, the first of them first, and return what each did, in their order.

    Where one raises, or the caller is interrupted, the others end at their next report.
    """
    stop = threading.Event()

    def told(doing: str, done: int, total: int) -> None:
        if stop.is_set():
            raise StoppedError
        report(doing, done, total)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="detector") as pool:
        running = [pool.submit(run, detector, told) for detector in detectors]
        try:
            ended, _ = wait(running, return_when=FIRST_EXCEPTION)
            for one in ended:
                one.result()
            return [one.result() for one in running]
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
