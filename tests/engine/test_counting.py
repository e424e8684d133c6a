from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.tiny import HOUR, START, Bench, Busy, Strangers, action, registration

from commonmode.engine import ledger, shards
from commonmode.engine.counting import Counted, count
from commonmode.engine.state import Pending, State
from commonmode.store import Batch


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def counted(bench: Bench, state: State, first: int, until: int) -> Counted:
    done = count(bench.reader, Busy(), state, first, until)
    bench.writer.append(Batch(tallies=done.tallies))
    return done


def test_only_the_span_asked_for_is_counted(bench: Bench) -> None:
    bench.add(*(action(n, "a", 0.1) for n in range(5)))

    assert counted(bench, State(), 2, 4).events == 2


def test_only_kinds_that_the_detector_reads_are_counted(bench: Bench) -> None:
    bench.add(action(1, "a", 0.1), registration(2, "a", 0.2))

    assert counted(bench, State(), 0, 99).events == 1


def test_many_small_parts_of_a_window_stay_few_and_whole(bench: Bench) -> None:
    bench.add(*(action(n, "a", 0.1) for n in range(11)))
    state = State()
    for seq in range(1, 12):
        state = counted(bench, state, seq, seq + 1).state
    parts = ledger.parts(bench.reader, Busy(), [START])[START]
    merged = Busy().merge(shards.to_tallies((table, data) for _, table, data in parts))

    assert sorted(slot for slot, _, _ in parts) == [0, 1, 2, 7]
    assert merged["actions"].rows() == [("a", 11)]


def test_a_window_that_was_judged_is_marked_late(bench: Bench) -> None:
    bench.add(action(1, "a", 0.1), action(2, "a", 0.2))
    state = counted(bench, State(), 1, 2).state
    judged = state.judged([START], settling=[])

    assert counted(bench, state, 2, 3).state.pending[START] == Pending(added=2)
    assert counted(bench, judged, 2, 3).state.pending[START] == Pending(added=1, judged=True)


def test_a_late_carried_row_reopens_every_later_window(bench: Bench) -> None:
    bench.add(action(1, "a", 1.5), action(2, "a", 2.5), registration(3, "a", 0.5))
    first = count(bench.reader, Strangers(), State(), 0, 3)
    bench.writer.append(Batch(tallies=first.tallies))
    judged = first.state.judged([START + HOUR, START + 2 * HOUR], settling=[])
    second = count(bench.reader, Strangers(), judged, 3, 4)

    assert second.state.pending == {
        START: Pending(added=1),
        START + HOUR: Pending(carried=1, judged=True),
        START + 2 * HOUR: Pending(carried=1, judged=True),
    }
