"""Agent, place and bin share a number that sorts as the three do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.detectors.collusion.packing import Packing

ACTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(-7, 20)), min_size=1, max_size=30
)


@given(ACTS)
def test_numbers_stand_in_the_order_of_agent_place_and_bin(acts: list[tuple[int, ...]]) -> None:
    packing, packed = of(acts)
    assert packed[np.argsort(packed)].tolist() == packed[order(acts)].tolist()
    assert packing.who_of(packed).tolist() == [who for who, _, _ in acts]
    assert packing.where_of(packed).tolist() == [where for _, where, _ in acts]
    assert (packing.bin_of(packed) + packing.since).tolist() == [when for _, _, when in acts]


@given(ACTS)
def test_by_spot_they_stand_in_the_order_of_place_bin_and_agent(
    acts: list[tuple[int, ...]],
) -> None:
    packing, packed = of(acts)
    turned = [(where, when, who) for who, where, when in acts]
    spots = packing.by_spot(packed)
    assert spots[np.argsort(spots)].tolist() == spots[order(turned)].tolist()


@given(ACTS)
def test_an_agents_acts_are_between_its_bounds(acts: list[tuple[int, ...]]) -> None:
    packing, packed = of(acts)
    for agent in range(10):
        first, end = packing.bounds(np.array([agent]))
        assert np.array_equal((first <= packed) & (packed < end), packing.who_of(packed) == agent)


def test_what_does_not_fit_is_refused_with_what_would_help() -> None:
    with pytest.raises(ValueError, match=r"fit into 62 bits; found 1,000,000,000 agents.*Hint"):
        Packing.of(10**9, 10**9, (0, 287))


def of(acts: Sequence[tuple[int, ...]]) -> tuple[Packing, np.ndarray]:
    who, where, when = np.array(acts).T
    packing = Packing.of(10, 6, (int(when.min()), int(when.max())))
    return packing, packing.pack(who, where, when)


def order(rows: Sequence[tuple[int, ...]]) -> list[int]:
    return sorted(range(len(rows)), key=rows.__getitem__)
