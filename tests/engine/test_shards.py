from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.tiny import ACTIONS, HOUR, Busy, Strangers

from commonmode.detectors.coding import plain
from commonmode.engine.shards import (
    EMPTIED,
    is_below,
    key_of,
    parameters_hash,
    slot_for,
    to_bytes,
    to_tallies,
)


def test_another_parameter_is_another_key() -> None:
    assert key_of(Busy()) != key_of(Busy(often=4))
    assert parameters_hash(Busy()) == parameters_hash(Busy(window=HOUR))


def test_another_detector_is_another_key() -> None:
    assert key_of(Busy()) != key_of(Strangers())


@given(parts=st.integers(1, 300), seats=st.sampled_from([1, 7]))
def test_a_window_of_k_parts_has_as_many_shards_as_the_digits_of_k_add_up_to(
    parts: int, seats: int
) -> None:
    occupied: set[int] = set()
    for _ in range(parts):
        slot = slot_for(occupied)
        occupied = {one for one in occupied if not is_below(one, slot, seats)} | {slot}

    assert len(occupied) == sum(map(int, f"{parts:b}" if seats == 1 else f"{parts:o}"))


def test_a_table_reads_back_as_it_was_stored() -> None:
    frame = pl.DataFrame({"agent": ["a"], "actions": [2]}, schema=dict(ACTIONS.schema))

    [tallies] = to_tallies([("actions", to_bytes(frame)), ("actions", EMPTIED)])

    assert plain(tallies["actions"]).equals(frame)
