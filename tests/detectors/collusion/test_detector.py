"""Collusion finds rings that meet too often, and leaves their lookalikes alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.detectors import Collusion, Score

from .conftest import DAY, Roaming, frame


def judged(roaming: Roaming) -> Sequence[Score]:
    return Collusion().detect(roaming.events.lazy(), DAY)


def found(roaming: Roaming) -> list[Score]:
    return [score for score in judged(roaming) if score.verdict == "finding"]


def recall(worlds: Sequence[Roaming]) -> float:
    named = [{a for score in found(world) for a in score.agents} for world in worlds]
    planted = [{a for crew in world.members for a in crew} for world in worlds]
    return float(np.mean([len(n & p) / len(p) for n, p in zip(named, planted, strict=True)]))


def test_a_ring_is_found_with_its_members_and_its_resource() -> None:
    world = Roaming(seed=1, rings=1)
    (score,) = found(world)
    assert sorted(score.agents) == sorted(world.members[0])
    assert len(score.resources) == 1
    assert score.q_value is not None
    assert score.q_value <= 0.05


def test_two_rings_are_two_findings() -> None:
    world = Roaming(seed=2, rings=2)
    assert sorted(sorted(s.agents) for s in found(world)) == sorted(map(sorted, world.members))


def test_a_pair_that_bridges_two_rings_does_not_merge_them() -> None:
    world = Roaming(seed=2, rings=2)
    hours = [DAY.start.replace(hour=2 * n + 1, minute=7) for n in range(10)]
    pair = [crew[0] for crew in world.members]
    met = frame(
        id=[f"{agent}{n}" for n in range(10) for agent in pair],
        kind=["action_taken"] * 20,
        agent=pair * 10,
        resource=["bridge"] * 20,
        at=[at for at in hours for _ in pair],
    )
    scores = Collusion().detect(pl.concat([world.events, met]).lazy(), DAY)
    assert sorted(sorted(s.agents) for s in scores) == sorted(map(sorted, world.members))


def test_the_member_that_carries_the_finding_comes_first_and_its_share_is_said() -> None:
    world = Roaming(seed=1, rings=1)
    (score,) = found(world)
    assert score.measures["influence"] == pytest.approx(2 / 5, abs=0.05)
    assert score.measures["linked_without"] == 4
    assert any(reason.startswith(f"{score.agents[0]} carries most") for reason in score.reasons)


def test_a_finding_that_hangs_on_one_agent_says_so() -> None:
    world = Roaming(seed=6)
    hub, others = "hub", [f"spoke-{n}" for n in range(4)]
    met = [(agent, 5 * n + k) for n, other in enumerate(others) for k in range(5)
           for agent in (hub, other)]  # fmt: skip
    rows = frame(
        id=[f"h{n}" for n in range(len(met))],
        kind=["action_taken"] * len(met),
        agent=[agent for agent, _ in met],
        resource=[f"corner/{turn // 5}" for _, turn in met],
        at=[DAY.start.replace(hour=turn, minute=(7 * turn) % 50) for _, turn in met],
    )
    (score,) = Collusion().detect(pl.concat([world.events, rows]).lazy(), DAY)
    assert score.agents[0] == hub
    assert score.measures["linked_without"] == 0
    assert any("nobody else is linked" in reason for reason in score.reasons)


def test_a_ring_that_wanders_over_many_resources_is_found() -> None:
    world = Roaming(seed=3, rings=1, places=8)
    (score,) = found(world)
    assert sorted(score.agents) == sorted(world.members[0])
    assert len(score.resources) > 3


def test_a_ring_that_comes_minutes_apart_is_found_at_the_wider_look() -> None:
    assert recall([Roaming(seed=4, rings=1, spread=13.0, joint=12)]) > 0.5


def test_the_claim_names_the_agents_and_says_no_more_than_the_tiers_allow() -> None:
    (score,) = found(Roaming(seed=1, rings=1))
    assert all(agent in score.claim for agent in score.agents)
    assert score.claim.endswith(
        "without a message between them: co-ordination, unexplained "
        "(tier B holds, A, C and D could not be tested)."
    )
    assert [reason[0] for reason in score.reasons[:4]] == ["A", "B", "C", "D"]
    assert score.measures["tiers_held"] == 1


def test_the_effect_is_meetings_over_what_chance_expects() -> None:
    (score,) = found(Roaming(seed=1, rings=1))
    assert score.effect == pytest.approx(score.statistic / score.measures["expected"])
    assert score.statistic > score.null_sample[-1]


def test_members_that_write_to_each_other_are_said_to_talk() -> None:
    (score,) = found(Roaming(seed=1, rings=1, talking=True))
    assert score.measures["messages"] == 4
    assert "with 4 direct messages" in score.claim
    assert any("They talk" in reason for reason in score.reasons)


def test_a_log_without_messages_cannot_say_that_they_were_silent() -> None:
    events = Roaming(seed=1, rings=1).events.filter(pl.col("kind") != "message_sent")
    (score,) = Collusion().detect(events.lazy(), DAY)
    assert "messages" not in score.measures
    assert "messages not logged" in score.claim


def test_one_operator_behind_the_ring_is_named_as_an_explanation() -> None:
    events = Roaming(seed=1, rings=1).events.with_columns(operator=pl.lit("one"))
    (score,) = Collusion().detect(events.lazy(), DAY)
    assert score.measures["same_operator"] == 1
    assert any("one operator" in reason for reason in score.reasons)


def test_a_task_that_members_share_is_named_as_an_explanation() -> None:
    world = Roaming(seed=1, rings=1)
    shared = pl.when(pl.col("agent").is_in(world.members[0])).then(pl.lit("job"))
    (score,) = Collusion().detect(world.events.with_columns(task=shared).lazy(), DAY)
    assert score.measures["same_task"] == 1


def test_agents_that_meet_by_the_clock_are_no_ring() -> None:
    rows = [(f"job-{n}", hour) for hour in range(24) for n in range(3)]
    jobs = frame(
        id=[f"j{agent}{hour}" for agent, hour in rows],
        kind=["action_taken"] * len(rows),
        agent=[agent for agent, _ in rows],
        resource=["reports/hourly"] * len(rows),
        at=[DAY.start.replace(hour=hour, minute=2) for _, hour in rows],
    )
    world = pl.concat([Roaming(seed=6).events, jobs])
    assert [score.verdict for score in Collusion().detect(world.lazy(), DAY)] == ["clear"]


def test_an_innocent_world_shows_its_nearest_pair_as_clear() -> None:
    (score,) = judged(Roaming(seed=6))
    assert score.verdict == "clear"
    assert len(score.agents) == 2
    assert score.claim.startswith("No pair")


def test_nothing_is_said_of_a_log_without_resources() -> None:
    events = Roaming(seed=6).events.with_columns(resource=pl.lit(None, pl.String))
    assert Collusion().detect(events.lazy(), DAY) == ()


def test_nothing_is_said_where_agents_share_no_resource() -> None:
    events = Roaming(seed=6).events.with_columns(resource=pl.col("agent"))
    assert list(Collusion().detect(events.lazy(), DAY)) == []


def test_one_act_alone_is_no_ring() -> None:
    one = frame(id=["1"], kind=["bid_placed"], agent=["a"], resource=["r"], at=[DAY.start])
    assert list(Collusion().detect(one.lazy(), DAY)) == []


def test_a_session_on_one_resource_counts_once() -> None:
    rows = [(agent, minute) for agent in ("a", "b") for minute in range(0, 600, 5)]
    events = frame(
        id=[f"{a}{m}" for a, m in rows],
        kind=["action_taken"] * len(rows),
        agent=[a for a, _ in rows],
        resource=["r"] * len(rows),
        at=[DAY.start.replace(hour=m // 60, minute=m % 60) for _, m in rows],
    )
    assert list(Collusion().detect(events.lazy(), DAY)) == []


def test_the_subject_is_the_same_whatever_order_the_log_is_in() -> None:
    events = Roaming(seed=1, rings=2).events
    shuffled = events.sample(fraction=1, shuffle=True, seed=3)
    assert Collusion().detect(events.lazy(), DAY) == Collusion().detect(shuffled.lazy(), DAY)


@given(parts=st.integers(1, 4), seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_any_split_merges_to_the_whole(parts: int, seed: int) -> None:
    events = Roaming(seed=7, agents=20, acts=300, rings=1).events
    part = pl.Series(np.random.default_rng(seed).integers(0, parts, len(events)))
    detector = Collusion()
    split = [detector.tally(events.filter(part == i).lazy()) for i in range(parts)]
    whole, merged = detector.merge([detector.tally(events.lazy())]), detector.merge(split)
    assert all(merged[name].equals(whole[name]) for name in whole)


LOOKALIKES = [
    pytest.param({}, id="tastes and Zipf resources"),
    pytest.param({"taste": 0.8}, id="strong tastes"),
    pytest.param({"segments": 10}, id="specialisation"),
    pytest.param({"segments": 25, "taste": 0.6}, id="narrow specialisation"),
    pytest.param({"shift": 1.0}, id="working hours"),
    pytest.param({"shift": 1.0, "segments": 10}, id="working hours of specialists"),
    pytest.param({"rushes": 10}, id="news that a crowd reacts to"),
    pytest.param({"rushes": 6, "reach": 0.5}, id="hot resource"),
    pytest.param({"session": 4}, id="long sessions"),
    pytest.param({"session": 4, "segments": 10, "shift": 0.7}, id="sessions of specialists"),
]


@pytest.mark.slow
@pytest.mark.parametrize("lookalike", LOOKALIKES)
def test_no_more_than_the_stated_share_of_innocent_worlds_is_flagged(
    lookalike: dict[str, float],
) -> None:
    worlds = (Roaming(seed=seed, **lookalike) for seed in range(1000, 1050))  # type: ignore[arg-type]
    # 50 worlds at 5 %: more than 6 flagged has probability .01.
    assert sum(bool(found(world)) for world in worlds) <= 6


@pytest.mark.slow
@pytest.mark.parametrize(("joint", "least"), [(4, 0.5), (6, 0.9), (8, 0.95), (12, 1.0)])
def test_rings_are_found_as_often_as_stated(joint: int, least: float) -> None:
    worlds = [Roaming(seed=seed, rings=3, joint=joint) for seed in range(1000, 1010)]
    assert recall(worlds) >= least


@pytest.mark.slow
def test_false_members_stay_below_the_stated_rate() -> None:
    worlds = [Roaming(seed=seed, rings=3, joint=8) for seed in range(1100, 1120)]
    named = [(world, a) for world in worlds for score in found(world) for a in score.agents]
    wrong = sum(all(a not in crew for crew in world.members) for world, a in named)
    assert wrong <= 0.05 * len(named)
