from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.engine.tiny import HOUR, START, Bench, Busy, Strangers, action, registration

from commonmode.detectors import Detector
from commonmode.engine.ledger import Span
from commonmode.engine.noticing import Noticed, notice
from commonmode.engine.state import Pending, State
from commonmode.events import ActionTaken


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def noticed(bench: Bench, detector: Detector, state: State, first: int, until: int) -> Noticed:
    return notice(bench.reader, detector, state, Span(first, until))


def test_only_the_span_asked_for_is_noticed(bench: Bench) -> None:
    bench.add(*(action(n, "a", 0.1) for n in range(5)))

    assert noticed(bench, Busy(), State(), 2, 4).events == 2


def test_only_kinds_that_the_detector_reads_are_noticed(bench: Bench) -> None:
    bench.add(action(1, "a", 0.1), registration(2, "a", 0.2))

    assert noticed(bench, Busy(), State(), 0, 99).events == 1


def test_events_wait_in_the_window_of_their_time_before_1970_and_at_its_ends_too(
    bench: Bench,
) -> None:
    times = [datetime(1969, 12, 31, 23, 30, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]
    times += [datetime(1, 1, 1, 0, 30, tzinfo=UTC), START - HOUR / 3600, START]
    bench.add(*(ActionTaken(id=f"e{n}", at=at, agent="a") for n, at in enumerate(times)))

    assert noticed(bench, Busy(), State(), 0, 99).state.pending == {
        at.replace(minute=0, second=0): Pending(added=1) for at in times
    }


def test_a_window_that_was_judged_is_marked_late(bench: Bench) -> None:
    bench.add(action(1, "a", 0.1), action(2, "a", 0.2))
    state = noticed(bench, Busy(), State(), 1, 2).state
    judged = state.judged([START], settling=[])

    assert noticed(bench, Busy(), state, 2, 3).state.pending[START] == Pending(added=2)
    assert noticed(bench, Busy(), judged, 2, 3).state.pending[START] == Pending(
        added=1, judged=True
    )


def test_an_old_window_without_events_so_far_is_not_late(bench: Bench) -> None:
    bench.add(action(1, "a", 1.5), action(2, "a", 0.5))
    state = noticed(bench, Busy(), State(), 1, 2).state.judged([START + HOUR], settling=[])

    assert noticed(bench, Busy(), state, 2, 3).state.pending == {START: Pending(added=1)}


def test_a_late_carried_row_reopens_every_later_window(bench: Bench) -> None:
    bench.add(action(1, "a", 1.5), action(2, "a", 2.5), registration(3, "a", 0.5))
    first = noticed(bench, Strangers(), State(), 0, 3)
    judged = first.state.judged([START + HOUR, START + 2 * HOUR], settling=[])
    second = noticed(bench, Strangers(), judged, 3, 4)

    assert second.state.pending == {
        START: Pending(added=1),
        START + HOUR: Pending(carried=1, judged=True),
        START + 2 * HOUR: Pending(carried=1, judged=True),
    }
