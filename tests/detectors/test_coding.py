"""Texts may be numbers while tables merge: what comes out is the same."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from commonmode.detectors.coding import coded, plain
from commonmode.detectors.tally import TallyTable

SEEN = TallyTable(
    schema={"agent": pl.String, "place": pl.String, "task": pl.String, "n": pl.Int64},
    keys=("agent", "place"),
    minima=("task",),
    sums=("n",),
)
TEXT = st.none() | st.sampled_from(["", "a", "B", "b", "ä", "a\0", "zz"])
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT, st.integers(0, 9)), max_size=30)


def table(rows: list[tuple[str | None, str | None, str | None, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(SEEN.schema), orient="row")


@given(parts=st.lists(ROWS, max_size=4))
def test_merging_is_grouping_the_texts_themselves(
    parts: list[list[tuple[str | None, str | None, str | None, int]]],
) -> None:
    rows = pl.concat([SEEN.empty(), *map(table, parts)])
    grouped = rows.group_by(SEEN.keys).agg(pl.col("task").min(), pl.col("n").sum())
    merged = SEEN.merge(map(table, parts))
    assert merged.equals(grouped.sort(SEEN.keys))


@given(parts=st.lists(ROWS, max_size=4), stored=st.lists(st.booleans(), min_size=4, max_size=4))
def test_parts_merge_coded_or_not(
    parts: list[list[tuple[str | None, str | None, str | None, int]]], stored: list[bool]
) -> None:
    some = [coded(table(p)) if at else table(p) for p, at in zip(parts, stored, strict=False)]
    assert SEEN.merge(some).equals(SEEN.merge(map(table, parts)))


@given(rows=ROWS)
def test_coded_rows_read_back_as_they_were(
    rows: list[tuple[str | None, str | None, str | None, int]],
) -> None:
    assert plain(coded(table(rows))).equals(table(rows))
