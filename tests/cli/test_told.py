"""A finding in lines: its id is whole, whatever the terminal's width."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import polars as pl
import pytest
from rich.console import Console

from commonmode.cli.told import NOTHING, counted, listed

DAY = datetime(2026, 1, 5, tzinfo=UTC)
ROWS = pl.DataFrame(
    {
        "finding_id": ["f702e6014b8efbed", "e69e2190efedeb2b"],
        "detector": ["monoculture", "scope"],
        "status": ["opened", "withdrawn"],
        "claim": ["The 78 agents of family tundra choose alike.", "a7 did nothing.\x1b[2J"],
        "q_value": [0.01, None],
        "evidence_total": [931, 1],
        "window_start": [DAY, DAY],
        "window_end": [DAY.replace(day=6), DAY.replace(hour=1)],
        "reason": ["its window was judged", "a grant came late"],
    }
)


def printed(width: int) -> str:
    out = Console(file=io.StringIO(), width=width, highlight=False)
    for line in listed(ROWS):
        out.print(line)
    return out.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_the_id_of_each_finding_can_be_copied(width: int) -> None:
    for finding in ROWS["finding_id"]:
        assert finding in printed(width)


def test_a_finding_says_its_state_its_window_and_its_proof() -> None:
    first = printed(160).splitlines()[1]

    assert first.split(" · ") == [
        " " * 14 + "opened",
        "2026-01-05 00:00 to 2026-01-06 00:00 UTC",
        "q = 0.01",
        "931 events prove it",
        "explain f702e6014b8efbed",
    ]


def test_a_withdrawn_finding_says_why() -> None:
    assert "a grant came late" in printed(160)
    assert "its window was judged" not in printed(160)


def test_nothing_of_a_claim_is_obeyed_by_the_terminal() -> None:
    assert "\x1b[2J" not in printed(80)


def test_without_findings_it_says_what_makes_some() -> None:
    assert counted(ROWS.clear()) == NOTHING
