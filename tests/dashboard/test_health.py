"""What coverage lets detectors do, and what was refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.dashboard.conftest import Open, words

from commonmode.dashboard.views.health import data

COVERAGE = pl.DataFrame(
    {
        "kind": ["action_taken", "action_taken"],
        "events": [10, 10],
        "field": ["action", "context"],
        "share": [1.0, 0.0],
    }
)


@pytest.mark.parametrize(
    ("reads", "verdict"),
    [
        ({"action_taken": ("action",)}, "can run"),
        ({"action_taken": ("context",)}, "runs on what is there"),
        ({"action_taken": ("action",), "bid_placed": ()}, "runs on what is there"),
        ({"bid_placed": ("price",)}, "cannot run: none of its kinds occurs"),
    ],
)
def test_coverage_decides_which_detectors_run(
    reads: dict[str, tuple[str, ...]], verdict: str
) -> None:
    assert data.runnable(COVERAGE, {"d": reads})["verdict"].item() == verdict


def test_rejected_records_show_reason_position_and_bytes(opened: Open, small: Path) -> None:
    at = opened("health", small)
    tables = [f.value for f in at.dataframe if "payload" in f.value.columns]

    assert tables[0]["offset"].tolist() == [4002, 4001, 4000]
    assert tables[0]["payload"].tolist() == ['{"id":'] * 3
    assert "Duplicates dropped 20" in words(at)
