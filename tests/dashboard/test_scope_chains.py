"""The grants behind one action, hop by hop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commonmode.dashboard.theme import ALERT
from commonmode.dashboard.views.scope import charts
from commonmode.dashboard.views.scope.data import distance, judged, lineages, table
from commonmode.detectors.scope.grants import Act, Grant

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACTION = {"id": "1", "action": "write", "resource": "repo/p1/a.py"}


def grant(name: str, parent: str | None = None, places: frozenset[str] | None = None) -> Grant:
    return Grant(name, "ann", parent, frozenset({"write"}), places, NINE, NINE, NINE + HOUR)


def act(
    at: datetime = NINE,
    action: str = "write",
    resource: str = "repo/p1/a.py",
    labels: frozenset[str] = frozenset(),
) -> Act:
    return Act("ann", None, action, resource, at, labels)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (act(), "permits it"),
        (act(at=NINE - HOUR), "only valid from 01 Jan 09:00:00"),
        (act(at=NINE + HOUR), "expired at 01 Jan 10:00:00"),
        (act(action="drop"), "does not permit drop"),
        (act(resource="repo/p19"), "does not reach repo/p19"),
    ],
)
def test_hop_names_what_forbids_the_action(seen: Act, why: str) -> None:
    hop = judged(grant("g", places=frozenset({"repo/p1"})), seen, {}, None)

    assert (hop.why, hop.permits) == (why, why == "permits it")


def test_hop_of_a_revoked_grant_says_when() -> None:
    hop = judged(grant("g"), act(at=NINE + HOUR / 2), {"g": [NINE + HOUR / 3]}, None)

    assert hop.why == "revoked at 01 Jan 09:20:00"


def test_hop_names_the_data_that_it_may_not_act_on() -> None:
    inside = grant("g")._replace(labels=frozenset({"mail"}))
    hop = judged(inside, act(labels=frozenset({"web", "mail"})), {}, None)

    assert (hop.permits, hop.why) == (False, "not on data from web")


@pytest.mark.parametrize(
    ("approved", "permits", "why"),
    [
        (True, True, "break-glass, approved"),
        (None, True, "break-glass, not reviewed yet"),
        (False, False, "break-glass, rejected on review"),
    ],
)
def test_hop_of_an_exception_says_how_it_was_reviewed(
    approved: bool | None,  # noqa: FBT001  a case
    permits: bool,  # noqa: FBT001  a case
    why: str,
) -> None:
    hop = judged(grant("g")._replace(glass=True), act(), {}, approved)

    assert (hop.permits, hop.why) == (permits, why)


def test_chain_runs_from_the_root_to_what_the_agent_holds() -> None:
    grants = [grant("leaf", "middle"), grant("root"), grant("middle", "root")]
    longest = max(lineages(grants, act(), {}, {}), key=len)

    assert [hop.grant.grant for hop in longest] == ["root", "middle", "leaf"]


def test_chain_in_a_circle_ends() -> None:
    grants = [grant("a", "b"), grant("b", "a")]

    assert all(len(path) == 2 for path in lineages(grants, act(), {}, {}))


def test_picture_paints_the_violating_hop_and_only_it() -> None:
    grants = [grant("root", places=frozenset({"repo/p9"})), grant("leaf", "root")]
    chain = max(lineages(grants, act(), {}, {}), key=len)
    spec = charts.chain([chain], ACTION)
    red = [n["name"] for n in spec["series"][0]["data"] if n["itemStyle"]["color"] == ALERT]

    assert red == ["root", "1"]


def test_chains_that_come_nearest_to_permitting_it_are_drawn_first_and_few() -> None:
    grants = [grant(f"old{n}")._replace(start=NINE - n * HOUR, end=NINE) for n in range(1, 9)]
    grants += [grant("elsewhere", places=frozenset({"repo/p9"})), grant("now")]
    chains = sorted(lineages(grants, act(), {}, {}), key=distance)
    names = [node["name"] for node in charts.chain(chains, ACTION)["series"][0]["data"]]

    assert names == ["now", "elsewhere", "old1", "old2", "1"]


def test_on_a_narrow_screen_the_nearest_chain_stands_upright() -> None:
    grants = [grant("root"), grant("leaf", "root"), grant("other")]
    chains = sorted(lineages(grants, act(), {}, {}), key=len, reverse=True)
    [narrow] = charts.chain(chains, ACTION)["media"]
    nodes = narrow["option"]["series"][0]["data"]

    assert [node["name"] for node in nodes] == ["root", "leaf", "1"]
    assert [node["value"] for node in nodes] == [[0, 0], [0, 1], [0, 2]]


def test_table_holds_every_grant_once() -> None:
    grants = [grant("root"), grant("leaf", "root")]

    assert table(lineages(grants, act(), {}, {})).height == 2
