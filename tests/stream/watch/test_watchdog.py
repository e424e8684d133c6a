from __future__ import annotations

import subprocess
import sys
import threading

from commonmode.stream.watch.watchdog import Stall, watch_over


def test_standing_still_with_nothing_to_do_is_no_stall() -> None:
    stall = Stall(patience=1)

    assert not any(stall.is_stalled({0: 5}, {0: 5}, now) for now in range(10))


def test_moving_slowly_is_no_stall() -> None:
    stall = Stall(patience=1)

    assert not any(stall.is_stalled({0: now}, {0: 99}, now) for now in range(10))


def test_a_partition_never_read_counts_as_work() -> None:
    stall = Stall(patience=1)
    stall.is_stalled({}, {3: 1}, 0)

    assert stall.is_stalled({}, {3: 1}, 2)


def test_the_watchdog_calls_for_a_new_start() -> None:
    called = threading.Event()

    watch_over(dict, lambda: {0: 1}, patience=0.05, every=0.02, on_stall=called.set)

    assert called.wait(30)


def test_starting_anew_keeps_the_process_and_its_arguments() -> None:
    program = """if 1:
        import os, sys
        from commonmode.stream.watch.watchdog import start_anew
        print(os.getpid(), sys.argv[1:], flush=True)
        if "RESTARTED" not in os.environ:
            os.environ["RESTARTED"] = "1"
            start_anew()
    """
    done = subprocess.run(
        [sys.executable, "-c", program, "one", "two"], capture_output=True, text=True, check=True
    )

    first, second = done.stdout.splitlines()
    assert first == second
    assert first.endswith("['one', 'two']")
