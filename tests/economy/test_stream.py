"""However many processes draw an economy, it is the same, whole and in order."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from commonmode.economy import Economy
from commonmode.economy.plants import Cascade, Monoculture, Rotation
from commonmode.economy.stream import by_itself


def lines(economy: Economy, processes: int) -> list[bytes]:
    return [line for chunk in economy.lines(processes) for line in chunk]


def several_shards(events: int = 150_000) -> Economy:
    plants = (Monoculture(), Rotation(), Cascade())
    return Economy(seed=7, agents=400, events=events, plants=plants, days=2)


@pytest.mark.slow
def test_two_processes_write_the_same_bytes_as_one() -> None:
    shards = several_shards(events=100_000)
    assert lines(shards, 2) == lines(shards, 1)


def test_several_shards_hold_exactly_as_many_events_as_asked_for_each_once_or_sent_again() -> None:
    every = pl.concat(list(several_shards().frames()))
    events = every.filter(pl.col("kind") != "truth_declared")

    assert events.height == 150_000
    assert events.n_unique("id") > 0.97 * events.height
    assert (every["kind"] == "truth_declared").sum() == 4


def test_shards_hold_what_the_time_of_day_asks_for_to_the_last() -> None:
    """What one shard draws too little or too much of, later ones make up for, none alone."""
    economy = Economy(seed=3, agents=2000, events=350_000, plants=[Monoculture()], days=4)
    every = pl.concat(list(economy.frames())).filter(pl.col("kind") != "truth_declared")
    days = every.group_by(pl.col("at").dt.date()).len().sort("at").head(4)
    per_day = days["len"].to_numpy()

    assert np.abs(per_day / per_day.mean() - 1).max() < 0.06


def test_rows_that_are_late_hold_their_own_texts_alone() -> None:
    texts = [f"{n:>100}" for n in range(1_000)]
    rows = pl.DataFrame({"n": range(1_000), "line": texts, "places": [[text] for text in texts]})
    late = by_itself(rows.filter(pl.col("n") < 3))

    assert late.equals(rows[:3])
    assert late.schema == rows.schema
    held = pa.concat_arrays([late["line"].to_arrow(compat_level=pl.CompatLevel.newest())])
    assert sum(buffer.size for buffer in held.buffers() if buffer) < 2_000
