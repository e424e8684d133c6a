"""Monoculture finds families that decide alike, and leaves their lookalikes alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.detectors import Monoculture, Score, Window
from commonmode.detectors.monoculture.votes import VOTES

from .conftest import DAY, Voting


def judged(voting: Voting, **parameters: float) -> Sequence[Score]:
    return Monoculture(seed=voting.seed, **parameters).detect(voting.events.lazy(), DAY)  # type: ignore[arg-type]


def of(scores: Sequence[Score], family: int) -> Score:
    return next(score for score in scores if score.subject == f"family:family-{family}")


def share_flagged(worlds: Sequence[Voting]) -> float:
    flagged = [any(s.verdict == "finding" for s in judged(world)) for world in worlds]
    return float(np.mean(flagged))


def test_a_family_that_copies_one_draw_is_found_and_the_others_are_not() -> None:
    scores = judged(Voting(seed=1, copying=(0.6, 0, 0, 0)))
    found = of(scores, 0)
    assert found.verdict == "finding"
    assert found.q_value is not None
    assert found.q_value <= 0.05
    assert [s.verdict for s in scores if s is not found] == ["clear"] * 3


def test_a_strong_family_does_not_drag_an_innocent_one_along() -> None:
    scores = judged(Voting(seed=23, copying=(0.8, 0, 0, 0)))
    beside = of(scores, 1)
    assert of(scores, 0).verdict == "finding"
    assert beside.verdict == "clear"
    assert beside.reasons[0].startswith("Without family-0, stronger and found, and beside")


def crowd(seed: int, **world: Any) -> Voting:
    return Voting(seed=seed, agents=400, contexts=80, families=8, taste=0.5, **world)


def test_a_family_unlike_all_others_does_not_make_the_others_look_alike() -> None:
    scores = judged(crowd(1, dissent=0.9))
    assert min(score.statistic for score in scores[1:]) > 0.1
    assert {score.verdict for score in scores} == {"clear"}


def test_a_copying_family_is_found_beside_one_unlike_all_others() -> None:
    scores = judged(crowd(1, dissent=0.9, copying=(0, 0.6, *[0] * 6)))
    assert [s.subject for s in scores if s.verdict == "finding"] == ["family:family-1"]


def test_families_of_their_own_hours_are_not_blamed_for_what_changes_over_the_day() -> None:
    scores = judged(crowd(1, shifts=True))
    assert max(score.statistic for score in scores) > 0.1
    assert {score.verdict for score in scores} == {"clear"}
    assert any("nothing is left" in score.claim for score in scores)


def test_two_families_that_copy_are_both_found() -> None:
    scores = judged(Voting(seed=2, copying=(0.7, 0.6, 0, 0)))
    assert [of(scores, family).verdict for family in range(4)] == ["finding"] * 2 + ["clear"] * 2


def test_beside_one_strong_family_alone_another_is_undetermined() -> None:
    scores = judged(Voting(seed=1, families=2, copying=(0.8, 0.6)))
    strong, weak = sorted(scores, key=lambda score: score.statistic, reverse=True)
    assert (strong.verdict, weak.verdict) == ("finding", "undetermined")
    assert "without family-0, stronger and found" in weak.reasons[0]
    assert "no other family acted" in weak.reasons[0]


def test_the_effect_is_the_square_of_the_copying_probability() -> None:
    worlds = [Voting(seed=s, agents=120, contexts=150, taste=0.0, copying=0.4) for s in range(3)]
    kappas = [score.effect for world in worlds for score in judged(world)]
    assert np.mean(kappas) == pytest.approx(0.16, abs=0.02)


def test_the_claim_names_the_family_its_agreement_and_its_effective_number() -> None:
    found = of(judged(Voting(seed=1, copying=(0.6, 0, 0, 0))), 0)
    size, kappa = found.measures["family_agents"], found.statistic
    assert "family-0" in found.claim
    assert f"κ = {kappa:.3f}" in found.claim
    assert found.measures["n_eff"] == pytest.approx(size / (1 + (size - 1) * kappa))
    assert found.measures["between"] < found.measures["within"]


def test_the_agents_named_are_those_who_copy() -> None:
    voting = Voting(seed=2, families=3, loyalty=0.0, copying=(0.7, 0, 0))
    members = voting.events.filter(pl.col("family") == "family-0")["agent"].unique()
    found = of(judged(voting), 0)
    assert len(found.agents) > len(members) / 2
    assert set(found.agents) <= set(members)


def test_agreement_on_mistakes_is_reported_where_right_choices_are_known() -> None:
    found = of(judged(Voting(seed=3, copying=(0.6, 0, 0, 0), wrong_mode=True)), 0)
    measures = found.measures
    assert measures["error_agreement_within"] > measures["error_agreement_between"] + 0.1
    assert any("same mistake" in reason for reason in found.reasons)


def test_unknown_right_choices_are_said_to_be_unknown() -> None:
    events = Voting(seed=3, copying=(0.6, 0, 0, 0)).events.with_columns(
        correct=pl.lit(None, pl.String)
    )
    score = Monoculture().detect(events.lazy(), DAY)[0]
    assert "error_kappa" not in score.measures
    assert any("could not be compared" in reason for reason in score.reasons)


def test_the_null_is_what_the_statistic_is_ranked_in() -> None:
    score = of(judged(Voting(seed=1, copying=(0.6, 0, 0, 0))), 0)
    assert list(score.null_sample) == sorted(score.null_sample)
    assert len(score.null_sample) <= 200
    assert score.statistic > score.null_sample[-1]


def test_one_family_alone_is_undetermined() -> None:
    events = Voting(seed=1).events.with_columns(family=pl.lit("only"))
    (score,) = Monoculture().detect(events.lazy(), DAY)
    assert score.verdict == "undetermined"
    assert "no other family" in score.claim
    assert score.p_value is None


def test_a_family_run_by_one_operator_is_undetermined() -> None:
    events = Voting(seed=1).events.with_columns(
        operator=pl.when(pl.col("family") == "family-0")
        .then(pl.lit("house"))
        .otherwise(pl.col("operator"))
    )
    score = of(Monoculture().detect(events.lazy(), DAY), 0)
    assert score.verdict == "undetermined"
    assert "one operator" in score.claim


def test_a_family_of_two_agents_is_undetermined() -> None:
    few = Voting(seed=1).events.with_columns(
        family=pl.when(pl.col("agent").is_in(["agent-1", "agent-2"]))
        .then(pl.lit("family-tiny"))
        .otherwise(pl.lit("family-rest"))
    )
    scores = Monoculture().detect(few.lazy(), DAY)
    assert {s.subject: s.verdict for s in scores}["family:family-tiny"] == "undetermined"


def test_two_operators_of_one_family_each_cannot_be_told_from_their_prompts() -> None:
    voting = Voting(seed=1, families=2, operators=2, loyalty=1.0, prompted=0.8)
    assert {s.verdict for s in judged(voting)} <= {"undetermined", "clear"}


def test_nothing_is_said_of_a_log_without_votes() -> None:
    assert Monoculture().detect(Voting().events.clear().lazy(), DAY) == ()


def test_votes_without_a_family_are_not_counted() -> None:
    events = Voting(seed=1).events.with_columns(family=pl.lit(None, pl.String))
    assert Monoculture().detect(events.lazy(), DAY) == ()


def test_the_model_stands_in_for_a_family_that_is_not_given() -> None:
    events = Voting(seed=1).events.with_columns(
        model=pl.col("family"), family=pl.lit(None, pl.String)
    )
    assert len(Monoculture().detect(events.lazy(), DAY)) == 4


def test_a_trifle_is_not_reported_however_certain() -> None:
    voting = Voting(seed=4, agents=120, contexts=400, taste=0.0, copying=(0.3, 0, 0, 0))
    assert of(judged(voting), 0).verdict == "finding"
    assert of(judged(voting, least_kappa=0.2), 0).verdict == "clear"


@pytest.mark.parametrize("draws", [80, 99])
def test_few_draws_are_enough_to_judge_by(draws: int) -> None:
    found = of(judged(Voting(seed=1, copying=(0.6, 0, 0, 0)), draws=draws), 0)
    assert found.p_value == 1 / (1 + draws)


def test_retries_and_duplicates_do_not_count_twice() -> None:
    events = Voting(seed=5).events
    again = events.with_columns(
        id=pl.col("id") + "-again", at=pl.col("at") + pl.duration(minutes=1)
    )
    doubled = pl.concat([again, events])
    assert [s.statistic for s in Monoculture().detect(doubled.lazy(), DAY)] == [
        s.statistic for s in Monoculture().detect(events.lazy(), DAY)
    ]


def test_a_giant_context_weighs_no_more_than_fifty_votes() -> None:
    voting = Voting(seed=6, agents=400, contexts=30, turnout=0.02, taste=0.0)
    giant = Voting(seed=7, agents=400, contexts=1, turnout=1.0, taste=0.0, copying=1.0).events
    events = pl.concat(
        [
            voting.events,
            giant.with_columns(context=pl.lit("giant"), id=pl.col("id") + "-giant"),
        ]
    )
    scores = Monoculture(weight_cap=1.0).detect(events.lazy(), DAY)
    assert max(s.statistic for s in scores if not math.isnan(s.statistic)) < 0.5


@given(parts=st.integers(1, 5), seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_any_split_merges_to_the_whole(parts: int, seed: int) -> None:
    events = Voting(seed=8, agents=20, contexts=15).events
    rng = np.random.default_rng(seed)
    part = pl.Series(rng.integers(0, parts, len(events)))
    detector = Monoculture()
    split = [detector.tally(events.filter(part == i).lazy()) for i in range(parts)]
    whole = detector.tally(events.sample(fraction=1, shuffle=True, seed=seed).lazy())
    assert detector.merge(split)["votes"].equals(whole["votes"])


def test_a_vote_is_the_first_choice_whatever_comes_first_in_the_log(day: Window) -> None:
    events = Voting(seed=9, agents=10, contexts=5).events
    votes = Monoculture().tally(events.reverse().lazy())["votes"]
    assert votes.schema == pl.Schema(VOTES.schema)
    assert len(votes) == events.select("context", "agent").n_unique()


def test_two_judgements_of_one_window_are_equal() -> None:
    assert judged(Voting(seed=1, copying=0.3)) == judged(Voting(seed=1, copying=0.3))


@pytest.mark.slow
@pytest.mark.parametrize(
    "lookalike",
    [
        pytest.param({}, id="persistent tastes"),
        pytest.param({"with_operators": False}, id="unknown operators"),
        pytest.param({"shocked": 0.5}, id="common shock"),
        pytest.param({"sensible": 0.8}, id="one sensible action"),
        pytest.param({"prompted": 0.6}, id="operator prompt across families"),
        pytest.param({"prompted": 0.6, "loyalty": 0.8}, id="operator prompt, families loyal"),
        pytest.param({"dissent": 0.9, "agents": 200}, id="one family unlike all others"),
        pytest.param({"shifts": True, "agents": 200}, id="families of their own hours"),
    ],
)
def test_no_more_than_the_stated_share_of_innocent_worlds_is_flagged(
    lookalike: dict[str, float],
) -> None:
    worlds = [Voting(seed=seed, **lookalike) for seed in range(1000, 1060)]  # type: ignore[arg-type]
    # 60 worlds at 5 %: more than 7 flagged has probability .01.
    assert share_flagged(worlds) <= 7 / 60


@pytest.mark.slow
@pytest.mark.parametrize(("copying", "least"), [(0.3, 0.6), (0.4, 0.9), (0.6, 1.0)])
def test_copying_is_found_as_often_as_stated(copying: float, least: float) -> None:
    worlds = [Voting(seed=seed, copying=copying) for seed in range(1000, 1020)]
    assert share_flagged(worlds) >= least


@pytest.mark.slow
def test_p_values_of_innocent_families_are_no_smaller_than_uniform() -> None:
    p_values = [
        score.p_value
        for seed in range(2000, 2060)
        for score in judged(Voting(seed=seed, prompted=0.4, shocked=0.3))
        if score.p_value is not None
    ]
    for level in (0.01, 0.05, 0.1, 0.25):
        slack = 2.6 * math.sqrt(level * (1 - level) / len(p_values))
        assert np.mean(np.array(p_values) <= level) <= level + slack
