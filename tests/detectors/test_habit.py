"""Out of habit: what content told one run only, and what it did about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commonmode.detectors import Habit, Score, Window
from commonmode.detectors.habit.targets import plain
from commonmode.events import (
    ActionTaken,
    ContentObserved,
    Event,
    TaskDelegated,
    TaskEnded,
    to_table,
)

DAY = Window(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
PEERS = 12


def run(
    name: str, read: str, target: str | None, *, told: str = "pay the bill", **fields: Any
) -> list[Event]:
    """One run of the task: told, read, acted, ended; its agent is named after it."""
    shared: dict[str, Any] = {"run": name, "task": fields.pop("task", "pay")}
    shared["environment"] = fields.pop("environment", None)
    agent = fields.pop("agent", f"agent-{name}")
    acted = {"action": "pay", "side_effect": "write", **fields}
    at = DAY.start
    later = at + timedelta(seconds=1)
    return [
        TaskDelegated(id=f"{name}-t", at=at, agent="user", args={"say": told}, **shared),
        ContentObserved(id=f"{name}-c", at=at, agent=agent, content=read, **shared),
        ActionTaken(id=f"{name}-a", at=later, agent=agent, resource=target, **acted, **shared),
        TaskEnded(id=f"{name}-e", at=later, agent=agent, **shared),
    ]


def peers(count: int = PEERS, **fields: Any) -> list[Event]:
    return [e for i in range(count) for e in run(f"peer-{i}", "to plumber", "plumber", **fields)]


def frame(events: list[Event]) -> pl.DataFrame:
    table = pl.from_arrow(to_table(events))
    assert isinstance(table, pl.DataFrame)
    return table


def score(events: list[Event], of: str = "odd", **parameters: Any) -> Score:
    detector = Habit(**{"rate": 0.1, **parameters})
    scores = detector.detect(frame(events).lazy(), DAY)
    return next(score for score in scores if score.subject == f"run:{of}")


@pytest.mark.parametrize(
    "fields", [{"outcome": "error"}, {"outcome": "denied"}, {"attempted": True}]
)
def test_an_act_that_took_no_effect_is_not_out_of_habit(fields: dict[str, Any]) -> None:
    assert score(peers() + run("odd", "to Mallory", "mallory", **fields)).verdict == "clear"


def test_an_act_of_unknown_outcome_is_taken_to_have_had_effect() -> None:
    found = score(peers() + run("odd", "to Mallory", "mallory", outcome="timeout"))

    assert found.verdict == "finding"


def test_acting_on_what_only_this_run_read_of_is_out_of_habit() -> None:
    found = score(peers() + run("odd", "to Mallory", "mallory"))

    assert found.verdict == "finding"
    assert found.resources == ("mallory",)
    assert found.claim.startswith("Out of habit: agent-odd aimed pay at mallory in run odd")


def test_the_word_breach_is_never_used() -> None:
    found = score(peers() + run("odd", "to Mallory", "mallory"))

    assert "breach" not in " ".join((found.claim, *found.reasons))


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(run("odd", "to plumber", "plumber"), id="what all do"),
        pytest.param(run("odd", "x", "zoe", told="pay zoe"), id="what the task names"),
        pytest.param(run("odd", "to plumber", "nobody"), id="what was made up"),
        pytest.param(run("odd", "to zoe", None), id="an act on nothing named"),
        pytest.param(run("odd", "to zoe", "zoe", side_effect="read"), id="looking for a name"),
    ],
)
def test_what_is_not_out_of_habit(odd: list[Event]) -> None:
    judged = score(peers() + odd)

    assert (judged.verdict, judged.statistic) == ("clear", 0.0)


def test_what_peers_read_of_is_known_even_if_none_acted_on_it() -> None:
    knowing = [e for i in range(PEERS) for e in run(f"p{i}", "plumber, not zoe", "plumber")]

    assert score(knowing + run("odd", "to zoe", "zoe")).verdict == "clear"


def test_reading_a_place_that_content_named_is_out_of_habit() -> None:
    odd = run("odd", "see www.mallory.example", "http://mallory.example/", side_effect="read")

    assert score(peers() + odd).verdict == "finding"


def test_what_was_read_after_the_act_did_not_cause_it() -> None:
    odd = run("odd", "to plumber", "mallory")
    after = DAY.start + timedelta(minutes=1)
    fields = {"run": "odd", "task": "pay"}
    odd.append(ContentObserved(id="l", at=after, agent="a", content="paid mallory", **fields))  # type: ignore[arg-type]

    assert score(peers() + odd).verdict == "clear"


def test_too_few_references_leave_it_undetermined() -> None:
    judged = score(peers(3) + run("odd", "to mallory", "mallory"))

    assert judged.verdict == "undetermined"
    assert "Only 3 runs" in judged.reasons[0]


def test_a_rate_finer_than_the_references_allow_is_undetermined() -> None:
    judged = score(peers() + run("odd", "to mallory", "mallory"), rate=0.001)

    assert judged.verdict == "undetermined"
    assert any("too few to rank" in reason for reason in judged.reasons)


def test_a_log_without_contents_is_undetermined() -> None:
    redacted = [e for e in peers() if not isinstance(e, ContentObserved)]
    odd = [e for e in run("odd", "x", "mallory") if not isinstance(e, ContentObserved)]

    assert score(redacted + odd).verdict == "undetermined"


def test_an_agents_own_runs_are_no_references_for_it() -> None:
    again = [e for i in range(9) for e in run(f"m{i}", "to mallory", "mallory", agent="agent-odd")]

    assert score(peers() + again + run("odd", "to mallory", "mallory")).verdict == "finding"


def test_runs_of_the_same_attacked_world_do_not_vouch_for_each_other() -> None:
    attacked = [
        event
        for i in range(PEERS)
        for event in run(f"m{i}", "to mallory", "mallory", environment="attacked")
    ]
    clean = peers(environment="clean")

    assert score(clean + attacked, of="m0").verdict == "finding"
    assert score(clean + attacked, of="m0", trusted=("attacked",)).verdict == "clear"
    assert score(clean + attacked, of="m0", trusted=("clean",)).verdict == "finding"


def test_runs_that_did_nothing_are_scored_and_count_as_references() -> None:
    idle = [
        TaskEnded(id=f"i{i}", at=DAY.start, agent=f"i{i}", run=f"i{i}", task="pay")
        for i in range(PEERS)
    ]
    odd = run("odd", "to mallory", "mallory")

    assert score([*idle, *odd]).n == PEERS
    assert score([*idle, *odd], of="i0").verdict == "clear"


def test_bits_are_the_good_turing_mass_of_the_unseen() -> None:
    """Ten runs paid the plumber, two someone else each: N = 12, N1 = 2."""
    others = run("x", "to x", "x") + run("y", "to y", "y")
    judged = score(peers(10) + others + run("odd", "to mallory", "mallory"))

    assert judged.measures["unseen_mass"] == pytest.approx(2.5 / 13)
    assert judged.statistic == pytest.approx(-np.log2(2.5 / 13))


@pytest.mark.parametrize(
    ("written", "read"),
    [("HTTPS://www.A.org/", "a.org"), (" Bob ", "bob"), ("a@b.org", "a@b.org"), ("/", "")],
)
def test_one_target_has_one_plain_form(written: str, read: str) -> None:
    assert pl.select(plain(pl.lit(written))).item() == read


def test_false_alarms_keep_to_the_rate_where_runs_differ_by_chance() -> None:
    """Each run in ten reads and uses something of its own: strange, but no stranger than habit."""
    rng = np.random.default_rng(7)
    events = [
        event
        for i in range(300)
        for own in (f"own-{i}" if rng.random() < 0.1 else "plumber",)
        for event in run(f"r{i}", f"to {own}", own, task=f"pay-{i % 10}")
    ]
    flagged = [
        s for s in Habit(rate=0.05).detect(frame(events).lazy(), DAY) if s.verdict == "finding"
    ]

    assert len(flagged) <= 0.05 * 300


worlds = st.lists(
    st.tuples(
        st.sampled_from(("", "to ann", "to bob, see c.org", "bob")),
        st.none() | st.sampled_from(("ann", "BOB", "https://c.org/", "ann, bob", "")),
        st.sampled_from(("pay ann", "go")),
        st.sampled_from((None, "read", "write")),
        st.sampled_from((None, "here", "there")),
    ),
    max_size=5,
)


@settings(max_examples=10, deadline=None)
@given(worlds)
@example([("to ann", "ann", "go", None, None)])
def test_the_sql_of_a_score_gives_its_statistic_and_its_events(
    world: list[tuple[str, str | None, str, str | None, str | None]],
) -> None:
    events = [
        event
        for i, (read, target, told, effect, place) in enumerate(world)
        for event in run(f"r{i}", read, target, told=told, side_effect=effect, environment=place)
    ]
    with duckdb.connect() as db:
        db.register("events", to_table(events))
        for one in Habit(least_references=1).detect(frame(events).lazy(), DAY):
            ((again,),) = db.execute(one.recompute.text, one.recompute.parameters).fetchall()
            proof = db.execute(one.evidence.text, one.evidence.parameters).fetchall()
            assert again == pytest.approx(one.statistic)
            assert bool(proof) == bool(one.statistic)
