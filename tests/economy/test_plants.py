"""What is planted is there, as strong as its knobs say, and labelled in full."""

import math

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.detectors.scope import Act, Grant, Ledger, Review
from commonmode.detectors.scope.escalation import between
from commonmode.detectors.scope.grants import BREACHING
from commonmode.economy import INNOCENTS, PLANTS, BadKnobError, Economy, Plant, parse
from commonmode.economy.planting import UnknownPlantError
from commonmode.economy.plants.cascade import Cascade
from commonmode.economy.plants.collusion import Collusion
from commonmode.economy.plants.monoculture import Monoculture
from commonmode.economy.plants.rotation import Rotation
from commonmode.economy.plants.scope import WAYS, Scope
from commonmode.events import (
    ActionTaken,
    DecisionReviewed,
    Event,
    PermissionGranted,
    PermissionRevoked,
    to_events,
)


def frame_of(
    *plants: Plant, seed: int = 0, events: int = 15_000, agents: int = 300
) -> pl.DataFrame:
    economy = Economy(seed=seed, agents=agents, events=events, plants=plants)
    return pl.concat(list(economy.frames())).unique("id", keep="first", maintain_order=True)


def labels(frame: pl.DataFrame) -> pl.DataFrame:
    said = frame.filter(pl.col("kind") == "truth_declared")
    args = [msgspec.json.decode(text) for text in said["args"]]
    return said.with_columns(details=pl.Series(args, dtype=pl.Object))


def excess_agreement(frame: pl.DataFrame, family: str) -> float:
    """Return κ of a family, pair by pair, pairs of one operator left out."""
    over = total = 0.0
    for _, votes in frame.drop_nulls("context").group_by("context"):
        choice, own, operator = (votes[c].to_numpy() for c in ("choice", "family", "operator"))
        alike = choice[:, None] == choice
        counted = np.triu(operator[:, None] != operator, 1)
        within = counted & (own[:, None] == family) & (own == family)
        between = counted & (own[:, None] != own)
        if within.any() and between.any():
            weight = within.sum()
            over += weight * (alike[within].mean() - alike[between].mean())
            total += weight * (1 - alike[between].mean())
    return over / total


@pytest.mark.parametrize("strength", [0.0, 0.4, 0.7])
def test_a_copying_family_agrees_in_excess_by_the_square_of_its_strength(strength: float) -> None:
    plant = Monoculture(strength=strength, families=5)
    frame = frame_of(plant, agents=1000, events=60_000)

    kappa = excess_agreement(frame, "helios")

    assert kappa == pytest.approx(strength**2, abs=0.03)


def test_families_without_the_plant_agree_in_excess_by_nothing() -> None:
    frame = frame_of(Monoculture(strength=0.6), agents=1000, events=60_000)
    planted = labels(frame)["subject"].item().removeprefix("family:")

    others = [f for f in frame["family"].drop_nulls().unique() if f != planted]

    assert all(abs(excess_agreement(frame, family)) < 0.03 for family in others)


def test_a_family_that_errs_together_agrees_on_wrong_options() -> None:
    frame = frame_of(Monoculture(strength=0.8, wrong=0.9))
    planted = labels(frame)["subject"].item().removeprefix("family:")
    votes = frame.drop_nulls(["context", "correct"])

    wrong = votes.group_by(pl.col("family") == planted).agg(
        (pl.col("choice") != pl.col("correct")).mean()
    )
    share = dict(wrong.iter_rows())

    assert share[True] > share[False] + 0.2


@given(
    rings=st.integers(1, 4),
    size=st.integers(2, 6),
    joint=st.integers(1, 12),
    seed=st.integers(0, 99),
)
@settings(max_examples=4)
def test_rings_meet_in_as_many_hours_as_they_are_told_to(
    rings: int, size: int, joint: int, seed: int
) -> None:
    plant = Collusion(rings=rings, size=size, joint=joint)
    frame = frame_of(plant, seed=seed, events=6_000)
    truth = labels(frame)

    assert truth.height == rings
    for ring in truth["details"]:
        theirs = frame.filter(
            (pl.col("kind") == "action_taken")
            & pl.col("agent").is_in(ring["agents"])
            & (pl.col("resource") == ring["resources"][0])
        )
        hours = theirs.group_by(pl.col("recorded_at").dt.truncate("1h")).agg(
            pl.col("agent").n_unique()
        )
        assert len(ring["agents"]) == size
        assert (hours["agent"] == size).sum() >= joint


def test_ring_members_answer_a_price_within_twenty_minutes_and_never_write() -> None:
    frame = frame_of(Collusion(rings=2, size=5, joint=6))
    for ring in labels(frame)["details"]:
        left = frame.filter(
            (pl.col("kind") == "state_changed") & pl.col("agent").is_in(ring["agents"])
        ).filter(pl.col("resource") == ring["resources"][0])
        episodes = left.group_by(pl.col("at").dt.truncate("1h")).agg(
            span=(pl.col("at").max() - pl.col("at").min()).dt.total_minutes(), n=pl.len()
        )
        written = frame.filter(
            pl.col("agent").is_in(ring["agents"]) & pl.col("recipient").is_in(ring["agents"])
        )
        assert (episodes.filter(pl.col("n") > 3)["span"] <= 20).all()
        assert written.is_empty()


def judged(frame: pl.DataFrame) -> dict[str, str]:
    """Return what a ledger that has seen everything says of each action."""
    permission = ("action_taken", "permission_granted", "permission_revoked", "decision_reviewed")
    events: list[Event] = to_events(frame.filter(pl.col("kind").is_in(permission)).to_arrow())
    ledger = Ledger()
    for event in events:
        match event:
            case PermissionGranted():
                ledger.add(Grant.of(event))
            case PermissionRevoked():
                ledger.revoke(event.grant, event.at)
            case DecisionReviewed(grant=str() as grant):
                ledger.review(grant, Review(event.choice == "approve", event.at, event.at))
    return {e.id: ledger.answer(Act.of(e)) for e in events if isinstance(e, ActionTaken)}


def test_every_planted_breach_is_labelled_and_nothing_else_is_one() -> None:
    frame = frame_of(Scope(rate=0.01, share=0.05), events=6_000)
    truth = [details for details in labels(frame)["details"] if "event" in details]

    said = judged(frame)
    breaches = {event for event, answer in said.items() if answer in BREACHING}

    assert breaches == {details["event"] for details in truth}
    assert {details["way"] for details in truth} == set(WAYS)
    assert {said[d["event"]] == "confused" for d in truth if d["way"] == "confused-deputy"} == {
        True
    }


def test_every_grant_that_names_more_than_its_parent_is_labelled_and_no_other() -> None:
    frame = frame_of(Scope(rate=0.01, share=0.05), events=6_000)
    labelled = labels(frame).filter(pl.col("subject").str.starts_with("grant:"))
    events = to_events(frame.filter(pl.col("kind") == "permission_granted").to_arrow())
    grants = [Grant.of(event) for event in events if isinstance(event, PermissionGranted)]

    found = {f"grant:{edge.child.grant}" for edge in between(grants, grants)}

    assert found == set(labelled["subject"])
    assert found


def test_everyday_life_stays_within_its_grants() -> None:
    assert set(judged(frame_of(events=5_000)).values()) == {"ok"}


def test_breaches_come_at_the_rate_asked_for() -> None:
    planted = [labels(frame_of(Scope(rate=0.01), seed=s, events=5_000)) for s in range(8)]
    rates = [truth["subject"].str.starts_with("agent:").sum() for truth in planted]

    assert sum(rates) / 40_000 == pytest.approx(0.009, abs=0.0025)


@pytest.mark.parametrize("kind", PLANTS, ids=lambda kind: kind.name)
def test_plants_label_culprits_and_nothing_else(kind: type[Plant]) -> None:
    truth = labels(frame_of(kind(), events=6_000))

    assert truth.height > 0
    assert set(truth["label"]) == {"culprit"}
    assert set(truth["phenomenon"]) == {kind.phenomenon}


def test_no_event_but_a_label_betrays_what_was_planted() -> None:
    frame = frame_of(*(kind() for kind in PLANTS), events=6_000)
    events = frame.filter(pl.col("kind") != "truth_declared")

    assert events["phenomenon"].null_count() == events.height
    assert events["label"].null_count() == events.height


def test_a_plant_leaves_everyday_draws_as_they_were() -> None:
    bare, planted = frame_of(events=5_000), frame_of(Scope(rate=0.001), events=5_000)
    agents = bare.filter(pl.col("kind") == "agent_registered").unique("agent")
    again = planted.filter(pl.col("kind") == "agent_registered").unique("agent")
    both = agents.join(again, on="agent")

    assert both.height > 200
    assert both["family"].equals(both["family_right"])


@pytest.mark.parametrize(
    "text", ["scope:rate=2", "scope:rate=x", "collusion:size=1", "scope:rate=nan"]
)
def test_knobs_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(BadKnobError, match=text.partition(":")[0]):
        parse(text, PLANTS)


@pytest.mark.parametrize("text", ["scoop", "scope:speed=1"])
def test_unknown_names_are_answered_with_known_ones(text: str) -> None:
    with pytest.raises(UnknownPlantError, match="Hint"):
        parse(text, PLANTS)


def test_a_ring_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadKnobError, match="more agents"):
        frame_of(Collusion(rings=9, size=9), agents=20, events=100)


@given(st.sampled_from(PLANTS + INNOCENTS))
def test_knobs_read_back_as_they_are_written(kind: type[Plant]) -> None:
    plant = kind()
    written = ",".join(f"{knob}={value}" for knob, value in plant.knobs().items())

    assert parse(f"{plant.name}:{written}", PLANTS + INNOCENTS) == plant
    assert all(math.isfinite(value) for value in plant.knobs().values())


def test_a_ring_of_bidders_takes_turns_and_its_losers_bid_cover() -> None:
    frame = frame_of(Rotation(markets=1, auctions=40, fringe=0, honest=0, holds=1.0), events=30_000)
    ring = labels(frame)["details"].item()["agents"]
    bids = frame.filter(pl.col("kind") == "bid_placed")
    won = frame.filter(pl.col("kind") == "auction_cleared").sort("at")["winner"].to_list()

    assert set(bids["agent"]) == set(ring)
    assert bids.group_by("context").len()["len"].unique().to_list() == [len(ring)]
    assert all(len(set(won[at : at + 4])) == 4 for at in range(0, 40, 4))
    low = bids.group_by("context").agg(pl.col("price").sort())["price"].to_list()
    assert all(prices[1] > 1.01 * prices[0] for prices in low)


def test_whoever_bid_least_is_said_to_have_won_and_for_how_much() -> None:
    frame = frame_of(Rotation())
    bids = frame.filter(pl.col("kind") == "bid_placed").sort("price")
    least = bids.unique("context", keep="first", maintain_order=True)
    said = frame.filter(pl.col("kind") == "auction_cleared").join(least, on="context")

    assert said.height > 50
    assert (said["winner"] == said["agent_right"]).all()
    assert (said["price"] == said["price_right"]).all()


@pytest.mark.parametrize("ratio", [0.0, 0.9])
def test_cancellations_bring_about_as_many_others_as_the_label_says(ratio: float) -> None:
    frame = frame_of(Cascade(ratio=ratio), events=30_000)
    label = labels(frame).row(0, named=True)
    family, details = label["subject"].removeprefix("family:"), label["details"]
    own = frame.filter(
        (pl.col("kind") == "action_taken")
        & (pl.col("family") == family)
        & (pl.col("action") == details["action"])
    ).sort("at")

    assert label["value"] == ratio
    assert set(details["agents"]) >= set(own["agent"].unique().to_list()) - {None}
    waits = np.diff(own["at"].dt.epoch("us").to_numpy())
    # A day of even instants has a median wait of .69 of the mean; bursts have far less.
    assert (np.median(waits) < 0.3 * waits.mean()) == (ratio > 0.5)


def test_a_ratio_that_never_ends_is_refused() -> None:
    with pytest.raises(BadKnobError, match=r"from 0 to 0\.95; found 1"):
        Cascade(ratio=1)
