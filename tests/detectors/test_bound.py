"""A bounded table is a sample that depends on the rows alone, however they come."""

from __future__ import annotations

import duckdb
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from commonmode.detectors.bound import Bound, digest
from commonmode.detectors.tally import TallyTable

MOST, EACH = 12, 4
SEEN = TallyTable(
    schema={"place": pl.UInt64, "context": pl.String, "agent": pl.String, "at": pl.Int64},
    keys=("place", "context", "agent"),
    minima=("at",),
    bound=Bound(group="context", member="agent", digest="place", most=MOST, most_each=EACH),
)
ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 99)), max_size=80)


def table(rows: list[tuple[int, int, int]]) -> pl.DataFrame:
    frame = pl.DataFrame(
        [(f"context-{x}", f"agent-{a}", at) for x, a, at in rows],
        schema={"context": pl.String, "agent": pl.String, "at": pl.Int64},
        orient="row",
    )
    return frame.with_columns(place=digest(frame["context"]))


def bound() -> Bound:
    assert SEEN.bound is not None
    return SEEN.bound


@given(parts=st.lists(ROWS, max_size=5))
def test_cutting_parts_and_merging_them_is_cutting_the_whole(
    parts: list[list[tuple[int, int, int]]],
) -> None:
    whole = SEEN.merge([table([row for part in parts for row in part])])
    merged = SEEN.merge([])
    for part in parts:
        merged = SEEN.merge([SEEN.merge([table(part)]), merged])

    assert merged.equals(whole)
    assert len(whole) < MOST + EACH


@given(first=ROWS, second=ROWS)
def test_what_is_narrowed_away_would_have_changed_nothing(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
) -> None:
    known, coming = SEEN.merge([table(first)]), table(second)
    narrowed = bound().narrowing(known)
    read = coming if narrowed is None else coming.filter(pl.col("place") <= narrowed.most)

    assert SEEN.merge([known, SEEN.merge([read])]).equals(SEEN.merge([known, coming]))


def test_a_small_table_is_kept_whole_and_narrows_nothing() -> None:
    few = table([(0, 1, 5), (1, 1, 6)])

    assert len(SEEN.merge([few])) == 2
    assert bound().narrowing(SEEN.merge([few])) is None


def test_a_crowded_group_keeps_the_same_members_everywhere() -> None:
    crowd = SEEN.merge([table([(x, agent, 0) for x in range(2) for agent in range(9)])])
    members = crowd.group_by("context").agg(pl.col("agent").sort())["agent"].to_list()

    assert bound().is_crowded(crowd)
    assert members[0] == members[1]
    assert len(members[0]) == EACH


@given(text=st.text())
def test_a_digest_is_what_duckdb_computes(text: str) -> None:
    sql = "SELECT md5_number_lower($text)"
    try:
        encoded = text.encode()
    except UnicodeEncodeError:  # lone surrogates are no text of a store
        return
    with duckdb.connect() as db:
        row = db.execute(sql, {"text": encoded.decode()}).fetchone()
    assert row == (digest(pl.Series([text])).item(),)
