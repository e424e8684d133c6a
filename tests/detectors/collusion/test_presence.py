"""Presence: who acted where in which bin, and for which task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from commonmode.detectors.collusion.presence import PRESENCE, presence

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
