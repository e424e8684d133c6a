"""Presence: who acted where in which bin, and for which task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from commonmode.detectors.collusion.presence import PRESENCE, Coded, placed, presence, visits
from commonmode.detectors.numbering import Order

from .conftest import DAY, frame

BIN = timedelta(minutes=5)


def acts(tasks: Sequence[str | None], *, apart: timedelta = timedelta(0)) -> pl.LazyFrame:
    """Acts of one agent on one resource, each for a task."""
    count = len(tasks)
    return frame(
        id=[f"act-{n}" for n in range(count)],
        kind=["action_taken"] * count,
        agent=["agent"] * count,
        resource=["place"] * count,
        at=[DAY.start + n * apart for n in range(count)],
        task=pl.Series(tasks, dtype=pl.String),
    ).lazy()


def merged(*events: pl.LazyFrame) -> pl.DataFrame:
    return PRESENCE.merge([presence(one, BIN) for one in events])


def test_acts_of_one_bin_are_one_presence() -> None:
    assert merged(acts(["a", "b", "c"])).height == 1
    assert merged(acts(["a", "b", "c"], apart=BIN)).height == 3


def test_the_same_task_is_the_same_number_and_another_is_another() -> None:
    one, same, other = (merged(acts([task]))["task"].item() for task in ("a", "a", "b"))
    assert one == same != other


def test_an_act_for_no_task_shares_none() -> None:
    assert merged(acts([None]))["task"].to_list() == [None]
    assert merged(acts([None, "a"])).equals(merged(acts(["a"])))


def test_of_several_tasks_the_same_stays_however_the_log_is_split() -> None:
    assert merged(acts(["a"]), acts(["b", "c"])).equals(merged(acts(["c", "b"]), acts(["a"])))


@given(parts=st.lists(st.integers(0, 3), min_size=40, max_size=40), seed=st.integers(0, 99))
def test_coding_parts_is_coding_what_they_merge_to(parts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pl.DataFrame(
        {
            "agent": rng.choice(list("abc"), 40),
            "resource": rng.choice(list("xyz"), 40),
            "bin": rng.integers(-2, 2, 40),
            "operator": rng.choice(np.array(["one", "two", None], dtype=object), 40).tolist(),
            "task": rng.choice(np.array([3, 9, None], dtype=object), 40).tolist(),
        },
        schema=PRESENCE.schema,
    )
    dealt = rows.with_columns(part=pl.Series(parts)).partition_by("part", include_key=False)
    one, other = Coded.of([PRESENCE.merge([rows])]), Coded.of(dealt)

    assert other.packing == one.packing
    assert np.array_equal(other.acts, one.acts)
    everybody = np.arange(len(one.agents))
    for wider in (1, 3):
        assert other.tasks(everybody, wider).equals(one.tasks(everybody, wider))
    assert named(other.agents) == named(one.agents) == list("abc")
    assert named(other.resources) == named(one.resources)
    assert sorted(named(one.resources)) == list("xyz")
    assert other.operators.sort("agent").equals(one.operators.sort("agent"))
    assert len(one.acts) == PRESENCE.merge([rows]).height


def named(names: Order) -> list[str]:
    return names.texts().to_list()


def presences(who: str, where: str, bins: Sequence[int], tasks: Sequence[int | None]) -> Coded:
    rows = {"agent": who, "resource": where, "bin": bins, "operator": None, "task": tasks}
    return Coded.of([pl.DataFrame(rows, schema=PRESENCE.schema)])


def test_a_visit_is_for_the_task_of_its_first_act_and_of_several_the_smallest() -> None:
    one = presences("a", "x", [4, 3, 3, 3], [1, 9, 7, None])
    assert one.tasks(np.array([0]), 1).rows() == [(0, 0, 0, 7), (0, 0, 1, 1)]
    assert one.tasks(np.array([0]), 3).rows() == [(0, 0, 0, 7)]


def test_wider_bins_begin_at_the_same_times_whenever_the_log_begins() -> None:
    for first in range(-3, 3):
        one = presences("a", "x", range(first, first + 6), [None] * 6)
        wide = one.packing.bin_of(visits(one, 3, 0)) + first // 3
        assert wide.tolist() == sorted({when // 3 for when in range(first, first + 6)})


@given(
    acts=st.lists(st.tuples(*[st.integers(0, 3)] * 2, st.integers(-9, 9)), min_size=1),
    wider=st.integers(1, 4),
    pause=st.integers(0, 40),
)
def test_a_visit_begins_after_a_longer_pause(
    acts: list[tuple[int, int, int]], wider: int, pause: int
) -> None:
    rows = [(str(who), str(where), when, None, None) for who, where, when in acts]
    one = Coded.of([pl.DataFrame(rows, schema=PRESENCE.schema, orient="row")])
    first = min(when for _, _, when in acts) // wider
    began = placed(one.packing, visits(one, wider, pause)).rows()

    agents, resources = one.agents.texts(), one.resources.texts()
    names = [(agents[who], resources[where], when + first) for who, where, when in began]
    assert sorted(names) == sorted(
        (str(who), str(where), when)
        for who, where, when in {(*spot, when // wider) for *spot, when in acts}
        if not any((who, where, when - n) in wide(acts, wider) for n in range(1, pause + 1))
    )


def wide(acts: list[tuple[int, int, int]], wider: int) -> set[tuple[int, int, int]]:
    return {(who, where, when // wider) for who, where, when in acts}
