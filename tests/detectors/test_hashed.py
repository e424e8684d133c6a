"""Rows that are looked up by hash are all rows of that hash."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonmode.detectors.hashed import Hashed

LARGEST = 2**64 - 1
hashes = st.one_of(st.sampled_from([0, 1, 2**63, LARGEST]), st.integers(0, LARGEST))


def found(known: Hashed, wanted: list[int]) -> list[list[int]]:
    """Return the rows of each hash, one after the other as they are found."""
    rows: list[list[int]] = [[] for _ in wanted]
    open_ = np.arange(len(wanted))
    places = known.first(np.array(wanted, np.uint64))
    while len(open_ := open_[places >= 0]):
        places = places[places >= 0]
        for one, row in zip(open_, known.rows[places], strict=True):
            rows[one].append(int(row))
        places = known.next(places)
    return rows


@given(st.lists(hashes), st.lists(hashes))
def test_each_hash_finds_its_rows_in_order_and_no_others(of: list[int], other: list[int]) -> None:
    wanted = [*of, *other]

    assert found(Hashed(np.array(of, np.uint64)), wanted) == [
        [row for row, one in enumerate(of) if one == each] for each in wanted
    ]
