"""Presence: who acted where in which bin, and for which task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from commonmode.detectors.coding import coded
from commonmode.detectors.collusion.presence import PRESENCE, Coded, presence

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
    one, other = Coded.of([PRESENCE.merge([rows])]), Coded.of(map(coded, dealt))

    assert other.table.equals(one.table)
    assert other.agents.equals(one.agents)
    assert other.resources.equals(one.resources)
    assert other.operators.sort("agent").equals(one.operators.sort("agent"))
    assert one.table.select("who", "where", "bin").is_unique().all()
