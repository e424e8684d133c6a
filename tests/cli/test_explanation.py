"""A finding on a terminal: nothing printed twice, nothing left out without a word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from commonmode.cli.explanation import show
from commonmode.detectors import Window
from commonmode.engine import Explanation
from commonmode.engine.record import Recorded

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
SCORE: dict[str, Any] = {
    "claim": "They choose alike.",
    "statistic": 2.0,
    "effect": 2.0,
    "p_value": None,
    "q_value": None,
    "n": 2,
    "measures": {},
    "agents": ["ann", "bob"],
    "resources": [],
    "reasons": [],
    "null_sample": [],
}
WITH = "WITH a AS (\n  SELECT 1\n), b AS (\n  SELECT 2\n), c AS (\n  SELECT 3\n)\n"


def shown(measures: dict[str, Any] | None = None, evidence: str = "", number: str = "") -> str:
    finding = Recorded(
        finding_id="f",
        detector="d",
        version=1,
        status="opened",
        revision=0,
        window=WINDOW,
        parameters={},
        score={**SCORE, "measures": measures or {}},
        fields={"evidence_sql": evidence, "recompute_sql": number},
    )
    console = Console(width=200)
    with console.capture() as capture:
        show(
            Explanation(finding, 2.0, 2.0, reproduced=True, notes=(), evidence=pl.DataFrame()),
            console,
        )
    return capture.get()


def test_sql_that_both_queries_begin_with_is_printed_once() -> None:
    told = shown(evidence=f"{WITH}FROM events", number=f"{WITH}SELECT count(*) FROM c")

    assert told.count("SELECT 3") == 1
    assert "The first 7 lines of the SQL above, and then:\nSELECT count(*) FROM c" in told


def test_queries_that_share_little_are_printed_whole() -> None:
    told = shown(evidence="SELECT *\nFROM events", number="SELECT *\nFROM votes")

    assert told.count("SELECT *") == 2
    assert "lines of the SQL above" not in told


def test_a_family_with_more_agents_than_are_named_is_said_to_have_more() -> None:
    assert "These 2 of the family's 78 agents carry it" in shown({"family_agents": 78.0})


@pytest.mark.parametrize("size", [2.0, 0.0, "many", None])
def test_of_a_family_that_is_named_whole_nothing_more_is_said(size: object) -> None:
    assert "of the family's" not in shown({"family_agents": size})
