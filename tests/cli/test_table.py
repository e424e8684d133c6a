"""What a terminal shows of rows: all of each, whatever its width."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.cli.table import FOLDED, as_text

WIDE = pl.DataFrame(
    {
        "finding_id": ["f702e6014b8efbed", "bb9e6996e4bc90fa"],
        **{f"field_{n}": [f"value {n} of the first", None] for n in range(12)},
    }
)


def test_rows_that_fit_stand_in_a_table() -> None:
    assert as_text(pl.DataFrame({"family": ["tundra"], "actions": [6885]}), 40).split() == [
        "family", "actions", "─" * 16, "tundra", "6885",
    ]  # fmt: skip


def test_a_long_column_is_folded_beside_the_others() -> None:
    claim = "The 78 agents of family tundra choose alike in 77% of pairs"
    shown = as_text(pl.DataFrame({"id": ["f702e6014b8efbed"], "claim": [claim]}), 60)

    assert "f702e6014b8efbed" in shown
    assert "of pairs" in shown
    assert "…" not in shown


@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_rows_too_wide_for_a_table_stand_a_line_a_field(width: int) -> None:
    shown = as_text(WIDE, width)

    assert "row 1 of 2" in shown
    assert "f702e6014b8efbed" in shown
    assert "value 11 of the first" in shown
    assert "…" not in shown


def test_a_field_that_says_nothing_takes_no_line() -> None:
    second = as_text(WIDE, 80).split("row 2 of 2")[1]

    assert "bb9e6996e4bc90fa" in second
    assert "field_" not in second


def test_without_rows_the_columns_are_still_named() -> None:
    assert "finding_id" in as_text(WIDE.clear(), 400)


@given(
    values=st.lists(st.text("abcdefghij", min_size=1, max_size=2 * FOLDED), min_size=1),
    width=st.integers(30, 200),
)
def test_every_character_of_every_cell_is_shown(values: list[str], width: int) -> None:
    """Said of ASCII letters, which fold anywhere."""
    shown = as_text(pl.DataFrame({f"C{n}": [value] for n, value in enumerate(values)}), width)

    letters = sorted("".join(values))
    assert sorted(re.sub("row|of|[^a-j]", "", shown)) == letters
