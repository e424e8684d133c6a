"""Communities are groups linked inside much more than between, whatever else is in the graph."""

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.statistics.communities import communities

DENSITY = 0.15


def grouped(links: list[tuple[int, int]], seed: int = 0) -> list[list[int]]:
    ends = np.array(links).reshape(-1, 2)
    return [group.tolist() for group in communities(ends[:, 0], ends[:, 1], DENSITY, seed)]


def ring(first: int, size: int) -> list[tuple[int, int]]:
    return list(combinations(range(first, first + size), 2))


@pytest.mark.parametrize("size", range(3, 9))
def test_one_bridging_link_does_not_merge_two_rings(size: int) -> None:
    both = [*ring(0, size), *ring(size, size), (size - 1, size)]

    assert grouped(both) == [list(range(size)), list(range(size, 2 * size))]


def test_a_chain_of_rings_of_any_number_falls_apart_into_rings() -> None:
    count, size = 200, 4
    rings = [link for n in range(count) for link in ring(n * size, size)]
    bridges = [((n + 1) * size - 1, (n + 1) * size) for n in range(count - 1)]

    assert grouped([*rings, *bridges]) == [
        list(range(n * size, (n + 1) * size)) for n in range(count)
    ]


def test_a_ring_of_which_only_some_pairs_are_linked_is_one() -> None:
    assert grouped([(0, 1), (1, 2), (2, 3)]) == [[0, 1, 2, 3]]
    assert grouped([(0, n) for n in range(1, 6)]) == [list(range(6))]


def test_no_link_no_group() -> None:
    assert grouped([]) == []


@given(
    links=st.sets(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda e: e[0] < e[1])),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_groups_are_disjoint_and_do_not_depend_on_the_order_of_links(
    links: set[tuple[int, int]], order: Random
) -> None:
    listed = sorted(links)
    shuffled = [(b, a) if order.random() < 0.5 else (a, b) for a, b in listed]
    order.shuffle(shuffled)

    found = grouped(listed)

    assert found == grouped(shuffled)
    nodes = [node for group in found for node in group]
    assert len(nodes) == len(set(nodes))
    assert all(len(group) > 1 for group in found)
