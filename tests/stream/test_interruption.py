from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from commonmode.stream.interruption import Interruptible


def interrupt_soon(after: float = 0.2) -> None:
    threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT)).start()


def endless(*, slow: bool) -> Iterator[int]:
    n = 0
    while True:
        if slow and n == 3:
            time.sleep(60)
        yield n
        n += 1


@pytest.mark.parametrize("slow", [True, False])
def test_an_interrupt_ends_the_records_even_where_the_next_is_waited_for(*, slow: bool) -> None:
    interrupt_soon()
    with Interruptible(endless(slow=slow)) as records:
        seen = list(records)

    assert records.interrupted
    assert seen == list(range(len(seen)))


def test_an_interrupt_between_two_records_lets_the_one_in_hand_be_finished() -> None:
    finished = []
    with Interruptible(range(10)) as records:
        for record in records:
            if record == 4:
                signal.raise_signal(signal.SIGINT)
            finished.append(record)

    assert finished == [0, 1, 2, 3, 4]


def test_a_second_interrupt_interrupts_for_good() -> None:
    with Interruptible(range(10)):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_the_handlers_of_before_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruptible(()):
        assert signal.getsignal(signal.SIGINT) != before

    assert signal.getsignal(signal.SIGINT) == before
