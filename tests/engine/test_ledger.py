from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.tiny import Bench

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
