"""The scorecard and the innocents, against a store known by heart."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from tests.dashboard import small_store
from tests.dashboard.small_store import START

from commonmode.dashboard import truth
from commonmode.dashboard.period import Period, extent
from commonmode.events import FindingRaised, to_table
from commonmode.store import Batch, Writer


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COMMONMODE_DATA", str(tmp_path))
    st.cache_data.clear()
    return small_store.fill(tmp_path)


def whole() -> Period:
    period = extent()
    assert period is not None
    return period


def test_scorecard_counts_found_missed_and_false(store: Path) -> None:
    rows = {row["phenomenon"]: row for row in truth.scorecard(whole()).iter_rows(named=True)}

    assert {name: (row["planted"], row["found"], row["missed"]) for name, row in rows.items()} == {
        "collusion": (3, 3, 0),
        "monoculture": (1, 1, 0),
        "scope": (1, 1, 0),
    }
    assert all(row["false_alarms"] == 0 for row in rows.values())


def test_finding_that_names_an_innocent_is_false_and_seen_as_flagged(store: Path) -> None:
    wrong = small_store.finding(
        "f6" * 8, "scope", "agent:delta-1", "x", evidence=[], agents=["delta-1"]
    )
    raised = FindingRaised(id="w:0", at=START, agent="commonmode/scope", finding=wrong)
    with Writer(store) as writer:
        writer.append(Batch(events=to_table([raised])))
    scope = truth.scorecard(whole()).row(by_predicate=pl.col("phenomenon") == "scope", named=True)
    flagged = truth.innocents(whole()).filter(pl.col("flagged") > 0)["lookalike"].to_list()

    assert (scope["findings"], scope["false_alarms"]) == (2, 1)
    assert flagged == ["late-grant"]


def test_culprit_that_is_innocent_of_something_else_flags_no_innocent(store: Path) -> None:
    from commonmode.events import TruthDeclared  # noqa: PLC0415  beside its use

    also = TruthDeclared(
        id="t99", at=START, agent="economy", phenomenon="monoculture", subject="family:aurora",
        label="innocent", args={"plant": "common-shock"},
    )  # fmt: skip
    with Writer(store) as writer:
        writer.append(Batch(events=to_table([also])))

    assert truth.innocents(whole())["flagged"].sum() == 0
