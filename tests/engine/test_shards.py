from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.tiny import ACTIONS, HOUR, Busy, Strangers

from commonmode.engine.shards import (
    EMPTIED,
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


@given(parts=st.integers(1, 300))
def test_a_window_of_k_parts_has_no_more_than_log_k_shards(parts: int) -> None:
    occupied: set[int] = set()
    for _ in range(parts):
        slot = slot_for(occupied)
        occupied = {one for one in occupied if one > slot} | {slot}

    assert len(occupied) == parts.bit_count()


def test_a_table_reads_back_as_it_was_stored() -> None:
    frame = pl.DataFrame({"agent": ["a"], "actions": [2]}, schema=dict(ACTIONS.schema))

    [tallies] = to_tallies([("actions", to_bytes(frame)), ("actions", EMPTIED)])

    assert tallies["actions"].equals(frame)
