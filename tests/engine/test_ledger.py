from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.tiny import HOUR, LATER, START, Bench, action

from commonmode.engine import ledger
from commonmode.store import Batch, Offset


@pytest.mark.parametrize("order", [[0, 1, 2, 11], [11, 2, 0, 1]])
def test_positions_stand_in_the_order_of_their_places_however_they_came(
    tmp_path: Path, order: list[int]
) -> None:
    bench = Bench(tmp_path)
    for partition in order:
        bench.writer.append(Batch(offsets=[Offset("t.events", partition, 5)]))

    assert list(ledger.reached(bench.reader).positions) == [
        "seq",
        *(f"t.events[{partition}]" for partition in (0, 1, 2, 11)),
    ]
    bench.close()


NOW = LATER - START


def last_acts(bench: Bench, **hours_ago: float) -> dict[str, int]:
    """Add one act of each agent, so long before it is stored, and return the leads."""
    bench.add(*(action(n, who, NOW / HOUR - ago) for n, (who, ago) in enumerate(hours_ago.items())))
    return ledger.leads(bench.reader, 0, 1_000)


def test_only_those_furthest_ahead_are_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    leads = last_acts(bench, a=0.1, b=0.2, c=0.3, d=0.4, e=0.5, f=0.6, g=0.7, old=500)

    assert list(leads) == list("abcdef")
    bench.close()


def test_agents_far_behind_count_where_few_are_ahead(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    leads = last_acts(bench, a=0.1, b=0.2, old=500)

    assert list(leads) == ["a", "b", "old"]
    bench.close()


def test_a_clock_ahead_of_our_own_is_passed_over_however_many_are_near_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    leads = last_acts(bench, x=-9000, a=0.1, b=0.2, c=0.3, d=0.4, e=0.5, f=0.6, g=0.7)

    assert list(leads) == list("abcdef")
    bench.close()
