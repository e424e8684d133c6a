"""The scorecard and the innocents, against a store known by heart."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from tests.dashboard import small_store
from tests.dashboard.small_store import START

from commonmode.dashboard import truth
from commonmode.dashboard.period import Period, extent
from commonmode.events import FindingRaised, TruthDeclared, to_table
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


def seen() -> tuple[list[truth.Label], list[truth.Named]]:
    return truth.labels(whole()), truth.standing(whole())


def test_scorecard_counts_found_missed_and_false(store: Path) -> None:
    assert truth.scorecard(*seen()) == [
        truth.Count("collusion", 3, 3, 0, 0),
        truth.Count("monoculture", 1, 1, 0, 0),
        truth.Count("scope", 1, 1, 0, 0),
    ]


def test_finding_that_names_an_innocent_is_false_and_seen_as_flagged(store: Path) -> None:
    wrong = small_store.finding(
        "f6" * 8, "scope", "agent:delta-1", "x", evidence=[], agents=["delta-1"]
    )
    raised = FindingRaised(id="w:0", at=START, agent="commonmode/scope", finding=wrong)
    with Writer(store) as writer:
        writer.append(Batch(events=to_table([raised])))
    scope = truth.scorecard(*seen())[2]
    flagged = [row.lookalike for row in truth.innocents(*seen()) if row.flagged]

    assert scope == truth.Count("scope", 1, 1, 0, 1)
    assert flagged == ["late-grant"]


def test_culprit_that_is_innocent_of_something_else_flags_no_innocent(store: Path) -> None:
    also = TruthDeclared(
        id="t99", at=START, agent="economy", phenomenon="monoculture", subject="family:aurora",
        label="innocent", args={"plant": "common-shock"},
    )  # fmt: skip
    with Writer(store) as writer:
        writer.append(Batch(events=to_table([also])))

    assert not any(row.flagged for row in truth.innocents(*seen()))


def test_what_no_detector_looks_for_is_neither_missed_nor_spared(store: Path) -> None:
    before = seen()[0]
    beside = [
        TruthDeclared(
            id=f"i{n}", at=START, agent="a", phenomenon="injection", subject=f"run:{n}", label=label
        )
        for n, label in enumerate(("culprit", "innocent"))
    ]
    with Writer(store) as writer:
        writer.append(Batch(events=to_table(beside)))

    assert seen()[0] == before


def test_a_finding_raised_live_flags_nobody_before_it_is_judged(store: Path) -> None:
    early = small_store.finding(
        "f7" * 8, "scope", "agent:delta-1", "x", evidence=[], agents=["delta-1"]
    ) | {"provisional": True}
    raised = FindingRaised(id="w:1", at=START, agent="commonmode/watch", finding=early)
    with Writer(store) as writer:
        writer.append(Batch(events=to_table([raised])))

    assert not any(row.flagged for row in truth.innocents(*seen()))


@pytest.mark.parametrize(
    ("agents", "named"), [(("a", "b", "c"), True), (("a", "b"), True), (("a", "x", "y"), False)]
)
def test_ring_is_found_by_half_of_its_members(agents: tuple[str, ...], *, named: bool) -> None:
    ring = truth.Label("collusion", "ring:1", "culprit", "collusion", ("a", "b", "c"))

    assert truth.names(truth.Named("collusion", "ring:f3", agents), ring) is named


def test_false_alarm_on_a_lookalike_resource_flags_it() -> None:
    hot = truth.Label("collusion", "resource:r", "innocent", "hot-resource", (), ("r",))
    wrong = truth.Named("collusion", "ring:x", ("p", "q"), ("r",))

    assert truth.innocents([hot], [wrong])[0].flagged == 1
