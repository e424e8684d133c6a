"""The list of findings, and one finding with its proof."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from tests.dashboard import small_store
from tests.dashboard.conftest import Open, healthy, words
from tests.dashboard.small_store import BREACH, HOSTILE, MONOCULTURE, RING, START

from commonmode.dashboard.views.findings import charts
from commonmode.events import FindingRaised, to_table
from commonmode.store import Batch, JudgedWindow, Judgement, Writer


def listed(at: Any) -> pl.DataFrame:
    return pl.from_pandas(at.dataframe[0].value)


def test_list_holds_every_standing_finding(opened: Open, small: Path) -> None:
    assert set(listed(opened("findings", small))["finding_id"]) == {MONOCULTURE, RING, BREACH}


def test_the_surest_of_each_phenomenon_stands_before_a_second_breach(
    opened: Open, tmp_path: Path
) -> None:
    exact: dict[str, Any] = {"p_value": None, "q_value": None, "null_sample": []}
    again = small_store.finding("d4" * 8, "scope", "agent:x", "Again.", evidence=["w1"], **exact)
    raised = FindingRaised(id="again:0", at=START, agent="commonmode/scope", finding=again)
    with Writer(small_store.fill(tmp_path)) as writer:
        writer.append(Batch(events=to_table([raised])))
    found = listed(opened("findings", tmp_path))["finding_id"].to_list()

    assert set(found[:3]) >= {MONOCULTURE, RING}
    assert {BREACH, "d4" * 8} == {*found} - {MONOCULTURE, RING}
    assert found[3] in {BREACH, "d4" * 8}


def test_list_filtered_by_the_url_holds_one_phenomenon(opened: Open, small: Path) -> None:
    assert listed(opened("findings", small, detector="collusion"))["finding_id"].to_list() == [RING]


def test_list_filtered_by_a_name_holds_who_is_named(opened: Open, small: Path) -> None:
    assert listed(opened("findings", small, named="AURORA-3"))["finding_id"].to_list() == [
        MONOCULTURE
    ]


@pytest.mark.parametrize("finding", [MONOCULTURE, RING, BREACH])
def test_one_finding_shows_claim_evidence_and_sql(opened: Open, small: Path, finding: str) -> None:
    at = opened("findings", small, finding=finding)
    said = words(at)

    assert healthy(at)
    assert "Evidence" in said
    assert "SELECT * FROM events WHERE agent = 'cedar-1'" in said
    assert f"commonmode explain {finding}" in said


def test_finding_of_collusion_shows_each_tier_and_what_was_not_testable(
    opened: Open, small: Path
) -> None:
    said = words(opened("findings", small, finding=RING))

    assert "A · outcome screens: not testable here" in said
    assert "no sales are logged." in said
    assert "B · dependence given shocks: held" in said
    assert "(p = 1e-09, n = 10" in said
    assert "•  Members sent each other no direct message" in said


def test_exact_finding_says_that_no_chance_is_involved(opened: Open, small: Path) -> None:
    assert "This claim is exact" in words(opened("findings", small, finding=BREACH))


def test_subject_judged_in_several_windows_shows_what_they_amount_to(
    opened: Open, tmp_path: Path
) -> None:
    subject, days = "family:aurora", timedelta(days=1)
    digest = hashlib.sha256(msgspec.json.encode({"seed": 0}, order="sorted")).hexdigest()[:16]
    with Writer(small_store.fill(tmp_path)) as writer:
        for number, p in enumerate([0.6, 0.004, 0.002]):
            end = START + timedelta(hours=8) - (2 - number) * days
            verdict = "finding" if p < 0.01 else "clear"
            said = [Judgement(subject, verdict, 1 - p, p, p, 768)]
            judged = JudgedWindow("monoculture", 1, digest, end - timedelta(hours=8), end, said)
            writer.append(Batch(judged=[judged]))
    said_of_it = words(opened("findings", tmp_path, finding=MONOCULTURE))

    assert "Found in 2 of 3 windows" in said_of_it
    assert "Sustained: it reached 20, which 1 subjects take." in said_of_it


def test_subject_judged_once_has_no_history(opened: Open, small: Path) -> None:
    assert "Over time" not in words(opened("findings", small, finding=MONOCULTURE))


def test_revised_finding_shows_the_reason(opened: Open, small: Path) -> None:
    at = opened("findings", small, finding=BREACH)
    lives = [f.value for f in at.dataframe if "reason" in f.value.columns]

    assert lives[0]["reason"].tolist() == ["", "a late event reopened the window"]


def test_finding_named_after_an_attack_is_shown_letter_by_letter(
    opened: Open, hostile: Path
) -> None:
    at = opened("findings", hostile, finding=BREACH)

    assert any(text.value.startswith(HOSTILE) for text in at.text)


def test_link_to_no_finding_says_so(opened: Open, small: Path) -> None:
    at = opened("findings", small, finding="0" * 16)

    assert "names no finding" in words(at)


def test_list_waits_to_be_told_before_it_shows_what_is_new(opened: Open, tmp_path: Path) -> None:
    store = small_store.fill(tmp_path)
    at = opened("findings", store)
    late = small_store.finding("d4" * 8, "monoculture", "family:cedar", "Later.", evidence=["v0-1"])
    raised = FindingRaised(id="late:0", at=START, agent="commonmode/monoculture", finding=late)
    with Writer(store) as writer:
        writer.append(Batch(events=to_table([raised])))
    import streamlit as st  # noqa: PLC0415  only here is the cache's age in the way

    st.cache_data.clear()
    at.run()
    before = listed(at).height
    at.button(key="findings-load").click().run()

    assert at.session_state["findings-mark"] == 5
    assert (before, listed(at).height) == (3, 4)


@pytest.mark.parametrize("missing", ["statistic", "claim", "n"])
def test_finding_that_lacks_a_number_is_still_shown(
    opened: Open, tmp_path: Path, missing: str
) -> None:
    """Anyone may publish to the log, so a finding may be anything."""
    odd = small_store.finding("e5" * 8, "scope", "agent:x", "Odd.", evidence=[])
    odd["score"][missing] = None
    with Writer(small_store.fill(tmp_path)) as writer:
        raised = FindingRaised(id="odd:0", at=START, agent="commonmode/scope", finding=odd)
        writer.append(Batch(events=to_table([raised])))

    assert healthy(opened("findings", tmp_path, finding="e5" * 8))
    assert healthy(opened("scope", tmp_path))


def test_finding_whose_every_word_attacks_reaches_no_label(opened: Open, tmp_path: Path) -> None:
    """Badges and metrics read Markdown, and a published finding may name its measures at will."""
    odd = small_store.finding(
        "a7" * 8, HOSTILE, HOSTILE, HOSTILE, evidence=["v0-1"], measures={HOSTILE: 1.0}
    )
    odd["status"] = HOSTILE
    with Writer(small_store.fill(tmp_path)) as writer:
        raised = FindingRaised(id="odd:0", at=START, agent="x", finding=odd)
        writer.append(Batch(events=to_table([raised])))
    for at in (opened("findings", tmp_path, finding="a7" * 8), opened("economy", tmp_path)):
        labels = [str(m.value) for m in at.markdown] + [m.label for m in at.metric]

        assert healthy(at)
        assert not any("evil.example" in label or "![" in label for label in labels)


def test_null_distribution_marks_the_observed_value() -> None:
    spec = charts.null_distribution([0.0, 0.1, 0.2], 0.9, "#000000")
    axis = spec["xAxis"]

    assert spec["series"][0]["markLine"]["data"] == [{"xAxis": 0.9}]
    assert axis["min"] < 0.0
    assert axis["max"] > 0.9


@pytest.mark.parametrize("sample", [[1.0], [2.0, 2.0], [0.0, 1.0, 5.0]])
def test_histogram_loses_no_draw(sample: list[float]) -> None:
    assert sum(charts.histogram(sample, 3.0)[1]) == len(sample)


def test_timeline_of_very_many_agents_shows_the_busiest() -> None:
    evidence = pl.DataFrame(
        {
            "at": [START] * 120,
            "agent": [f"a{i % 60}" for i in range(60)] + ["busy"] * 60,
            "kind": ["action_taken"] * 120,
            "action": ["x"] * 120,
            "choice": [None] * 120,
            "resource": ["r"] * 120,
        },
        schema_overrides={"choice": pl.String},
    )
    axis = charts.timeline(evidence)["yAxis"]["data"]

    assert len(axis) == charts.MOST_AGENTS
    assert axis[-1] == "busy"
