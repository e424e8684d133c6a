"""Lookalikes look alike, are innocent, and say so."""

from datetime import timedelta

import polars as pl
import pytest

from commonmode.detectors.scope import Act, Grant, Ledger, Review
from commonmode.detectors.scope.escalation import between
from commonmode.detectors.scope.grants import widens
from commonmode.economy import INNOCENTS, Economy, Plant
from commonmode.economy.innocents import (
    BreakGlass,
    CommonShock,
    CostPassThrough,
    DeepDelegation,
    HotResource,
    LateGrant,
    MemorylessLearners,
    OneSensibleAction,
    OperatorPrompt,
    ParallelNews,
    PolicyChange,
    PriceFloor,
    SanctionedData,
    Specialisation,
    ToolCacheEcho,
    WidenedParent,
)
from commonmode.events import (
    ActionTaken,
    DecisionReviewed,
    PermissionGranted,
    PermissionRevoked,
    to_events,
)

SCOPED: tuple[Plant, ...] = (
    DeepDelegation(chains=12),
    LateGrant(grants=12),
    BreakGlass(cases=12),
    PolicyChange(cases=12),
    SanctionedData(cases=12),
    WidenedParent(cases=12),
)


def frame_of(*innocents: Plant, seed: int = 0, events: int = 12_000) -> pl.DataFrame:
    economy = Economy(seed=seed, events=events, innocents=innocents)
    return pl.concat(list(economy.frames())).unique("id", keep="first", maintain_order=True)


def truth(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("kind") == "truth_declared")


def agreement(votes: pl.DataFrame, *within: str) -> float:
    """Return the share of pairs of a context (and of `within`) that chose alike."""
    count = votes.group_by("context", *within, "choice").len()
    pairs = count.group_by("context", *within).agg(
        alike=(pl.col("len") * (pl.col("len") - 1)).sum(), n=pl.col("len").sum()
    )
    both = pairs["n"] * (pairs["n"] - 1)
    return float(pairs["alike"].to_numpy().sum() / both.to_numpy().sum())


def answers(frame: pl.DataFrame, *, seen: bool = True) -> list[str]:
    """Return what a ledger says of each action: with everything, or as events arrive."""
    kinds = ("action_taken", "permission_granted", "permission_revoked", "decision_reviewed")
    events = to_events(frame.filter(pl.col("kind").is_in(kinds)).to_arrow())
    in_order = sorted(events, key=lambda e: isinstance(e, ActionTaken)) if seen else events
    ledger, said = Ledger(), list[str]()
    for event in in_order:
        match event:
            case PermissionGranted():
                ledger.add(Grant.of(event))
            case PermissionRevoked():
                ledger.revoke(event.grant, event.at)
            case DecisionReviewed(grant=str() as grant):
                ledger.review(grant, Review(event.choice == "approve", event.at, event.at))
            case ActionTaken():
                said.append(ledger.answer(Act.of(event)))
    return said


@pytest.mark.parametrize("kind", INNOCENTS, ids=lambda kind: kind.name)
def test_innocents_label_no_culprit(kind: type[Plant]) -> None:
    said = truth(frame_of(kind(), events=6_000))

    assert said.height > 0
    assert set(said["label"]) == {"innocent"}
    assert set(said["phenomenon"]) == {kind.phenomenon}


@pytest.mark.parametrize(
    ("innocent", "at_least"),
    [
        (CommonShock(share=1.0), 0.5),
        (OneSensibleAction(share=1.0), 0.75),
        (ToolCacheEcho(share=1.0), 0.45),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_agreement_is_high_within_families_and_as_high_between(
    innocent: Plant, at_least: float
) -> None:
    votes = frame_of(innocent).drop_nulls("context")

    within, overall = agreement(votes, "family"), agreement(votes)

    assert overall > at_least
    assert within == pytest.approx(overall, abs=0.03)


def test_an_operator_prompt_makes_its_operator_agree() -> None:
    frame = frame_of(OperatorPrompt(strength=0.8, operators=12))
    votes = frame.drop_nulls("context")

    assert agreement(votes, "operator") > agreement(votes) + 0.2


def test_whoever_follows_a_cache_has_read_the_same_content_before() -> None:
    frame = frame_of(ToolCacheEcho(share=1.0, followed=1.0, ignored=1.0))
    read = frame.filter(pl.col("resource").str.starts_with("cache/"))
    votes = frame.drop_nulls("context")

    assert read.height == pytest.approx(votes.height, abs=20)
    assert (
        read.group_by("resource").agg(pl.col("content_hash").n_unique())["content_hash"] == 1
    ).all()
    assert agreement(votes) > 0.75


def test_hot_hours_draw_a_crowd() -> None:
    frame = frame_of(HotResource(rushes=3, reach=0.5))
    hot = truth(frame)["subject"].str.strip_prefix("resource:")
    crowd = (
        frame.filter(pl.col("resource").is_in(hot.implode()))
        .group_by("resource")
        .agg(pl.col("agent").n_unique())
    )

    assert (crowd["agent"] >= 15).all()


def test_news_is_read_before_prices_move() -> None:
    frame = frame_of(ParallelNews(news=2))
    alerts = frame.filter(pl.col("resource").str.ends_with("/alert"))
    for (page,), readers in alerts.group_by("resource"):
        about = str(page).removeprefix("news/").removesuffix("/alert")
        moved = frame.filter(
            (pl.col("kind") == "action_taken") & (pl.col("resource") == about)
        ).join(readers.select("agent", seen="at"), on="agent")
        after = moved["at"] - moved["seen"]

        assert moved.height >= readers.height
        assert (
            after.is_between(timedelta(seconds=25), timedelta(minutes=21))
        ).sum() >= readers.height


def test_specialists_keep_to_their_patch_and_say_so() -> None:
    frame = frame_of(Specialisation(segments=1, agents=8, resources=4, acts=10))
    theirs = frame.filter(pl.col("task_type").str.starts_with("specialist"))
    acts = theirs.filter(pl.col("kind") == "action_taken")

    assert acts.height == 80
    assert acts["resource"].n_unique() <= 4


def test_sellers_at_a_floor_all_ask_the_same_price() -> None:
    frame = frame_of(PriceFloor(markets=1, acts=6))
    market = _resource_of(frame)
    asked = frame.filter((pl.col("resource") == market) & (pl.col("kind") == "action_taken"))

    assert asked["price"].value_counts(sort=True)["count"][0] >= 60


def test_costs_are_read_before_they_are_passed_on() -> None:
    frame = frame_of(CostPassThrough(markets=1))
    index = frame.filter(pl.col("resource").str.ends_with("/cost"))
    passed = frame.drop_nulls("cost").filter(pl.col("kind") == "action_taken")

    assert index.height == passed.height > 20


def test_learners_without_memory_ask_the_same_whatever_the_other_asked() -> None:
    frame = frame_of(MemorylessLearners(markets=1))
    asked = frame.filter(
        (pl.col("resource") == _resource_of(frame)) & (pl.col("kind") == "action_taken")
    ).drop_nulls("payoff")
    usual = asked.group_by("agent").agg(pl.col("price").mode().first())["price"]

    assert asked.height > 100
    assert (asked["price"] / asked["cost"]).min() > 1.4  # type: ignore[operator]
    assert asked["price"].is_in(usual.implode()).mean() > 0.9  # type: ignore[operator]


def _resource_of(frame: pl.DataFrame) -> str:
    path = truth(frame)["args"].str.json_path_match("$.resources[0]").item()
    assert isinstance(path, str)
    return path


@pytest.mark.parametrize("innocent", SCOPED, ids=lambda innocent: innocent.name)
def test_scope_innocents_are_within_their_grants_once_all_is_known(innocent: Plant) -> None:
    said = set(answers(frame_of(innocent, events=5_000)))

    assert said == ({"ok", "break-glass"} if isinstance(innocent, BreakGlass) else {"ok"})


@pytest.mark.parametrize("innocent", SCOPED, ids=lambda innocent: innocent.name)
def test_no_scope_innocent_hands_on_more_than_it_holds(innocent: Plant) -> None:
    frame = frame_of(innocent, events=5_000).filter(pl.col("kind") == "permission_granted")
    grants = [Grant.of(e) for e in to_events(frame.to_arrow()) if isinstance(e, PermissionGranted)]

    assert between(grants, grants) == []


def test_a_child_of_a_widened_parent_goes_beyond_it_as_first_issued() -> None:
    frame = frame_of(WidenedParent(cases=12), events=5_000)
    child = frame.join(
        truth(frame).select(grant=pl.col("subject").str.strip_prefix("grant:")), on="grant"
    )
    events = to_events(frame.filter(pl.col("kind") == "permission_granted").to_arrow())
    grants = [Grant.of(event) for event in events if isinstance(event, PermissionGranted)]
    children = [grant for grant in grants if grant.grant in set(child["grant"])]
    first = [min((g for g in grants if g.grant == c.parent), key=lambda g: g.at) for c in children]

    assert len(children) == 12
    assert all(widens(one, [parent]) for one, parent in zip(children, first, strict=True))


def test_a_late_grant_looks_like_a_breach_when_it_is_used() -> None:
    frame = frame_of(LateGrant(grants=12), events=5_000)

    assert set(answers(frame, seen=False)) > {"ok"}


def test_chains_are_as_deep_as_they_are_told_to_be() -> None:
    frame = frame_of(DeepDelegation(chains=3, depth=8), events=5_000)
    grants = frame.filter(pl.col("kind") == "permission_granted")
    above = dict(grants.select("grant", "parent_grant").iter_rows())

    def depth(grant: str | None) -> int:
        return 0 if grant is None else 1 + depth(above[grant])

    # The steward's grant and the agent's own stand above the eight links.
    assert max(map(depth, above)) == 10


def test_emergencies_are_approved_and_half_of_them_in_arrears() -> None:
    frame = frame_of(BreakGlass(cases=12), events=5_000)
    grants = frame.filter(pl.col("grant").str.starts_with("break-glass/"))
    written = grants.filter(pl.col("kind") == "permission_granted")
    reviewed = frame.filter(pl.col("kind") == "decision_reviewed")

    assert (written["valid_from"] < written["at"]).sum() == 6
    assert set(reviewed["choice"]) == {"approve"}
    assert set(reviewed["parent"]) <= set(frame["id"])


def test_a_changed_policy_is_granted_again_under_the_same_id() -> None:
    frame = frame_of(PolicyChange(cases=12), events=5_000)
    grants = frame.filter(pl.col("kind") == "permission_granted").group_by("grant").len()

    assert (grants["len"] == 2).sum() == 12
