"""Frames → pictures, without a browser."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from tests.dashboard.small_store import START

from commonmode.dashboard.theme import NEUTRAL, family_colours, look, strength
from commonmode.dashboard.views.collusion import data as collusion
from commonmode.dashboard.views.economy import charts as economy
from commonmode.dashboard.views.monoculture import charts as monoculture
from commonmode.dashboard.views.monoculture import data as agreement

AGREEMENT = pl.DataFrame(
    {
        "one": ["a", "a", "b", "b"],
        "other": ["a", "b", "a", "b"],
        "contexts": [9] * 4,
        "pairs": [100] * 4,
        "agreement": [0.8, 0.4, 0.4, 0.4],
    }
)


def test_excess_is_agreement_within_beyond_between() -> None:
    kappa = dict(agreement.excess(AGREEMENT).select("family", "kappa").iter_rows())

    assert kappa == pytest.approx({"a": (0.8 - 0.4) / 0.6, "b": 0.0})


def test_heat_map_holds_every_pair_of_families() -> None:
    assert len(monoculture.heat_map(AGREEMENT)["series"][0]["data"]) == 4


def test_heat_map_names_every_family_however_narrow() -> None:
    assert monoculture.heat_map(AGREEMENT)["xAxis"]["axisLabel"]["interval"] == 0


def test_network_rings_only_whom_a_finding_names() -> None:
    frame = pl.DataFrame(
        {
            "agent": ["x", "y"],
            "family": ["f", None],
            "resource": ["r", "r"],
            "n": [3, 1],
            "detector": ["collusion", None],
        }
    )
    nodes = {n["id"]: n for n in economy.network(frame)["series"][0]["data"]}

    assert nodes["a:x"]["itemStyle"]["borderColor"] == look("collusion").colour
    assert nodes["a:y"]["itemStyle"] == {}


def test_flow_keeps_every_event() -> None:
    frame = pl.DataFrame({"bucket": [START, START], "kind": ["a", "b"], "n": [2, 5]})
    drawn = [n for s in economy.flow(frame)["series"] for _, n in s["data"]]

    assert sum(drawn) == 7


def test_pairs_count_shared_bins_once() -> None:
    times = [START, START + timedelta(minutes=1), START + timedelta(minutes=2)]
    joint = pl.DataFrame(
        {"finding_id": ["f"] * 3, "at": times, "agent": ["x", "y", "x"], "resource": ["r"] * 3}
    )

    assert collusion.pairs(joint, 900).rows() == [("f", "x", "y", 1)]


def test_answer_is_the_next_act_by_another() -> None:
    times = [START, START + timedelta(seconds=10), START + timedelta(seconds=30)]
    acts = pl.DataFrame({"at": times, "agent": ["x", "y", "y"], "resource": ["r"] * 3})

    assert collusion.footprints(acts).rows() == [("x", "y", 1, 10.0)]


def test_seventh_family_is_neutral() -> None:
    assert family_colours("abcdefg")["g"] == NEUTRAL


@pytest.mark.parametrize(
    ("q", "word"), [(0.0005, "very strong"), (0.01, "strong"), (0.05, "moderate"), (0.2, "weak")]
)
def test_strength_has_a_word(q: float, word: str) -> None:
    assert strength(0.5, q).word == word


def test_provisional_is_never_called_sure() -> None:
    assert strength(None, None, provisional=True).word == "provisional"
