"""Blast radius counts what `grants.within` says is within, however paths look."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.detectors.histories import frame

from commonmode.detectors import Scope, Window
from commonmode.detectors.scope.grants import Terms, place, places, within
from commonmode.detectors.scope.reach import reach
from commonmode.detectors.scope.terms import Book
from commonmode.events import ActionTaken, Event, PermissionGranted

paths = st.lists(st.sampled_from(["a", "b", "a-b", "aa", "..", ""]), min_size=1, max_size=4).map(
    "/".join
)
grants = st.lists(
    st.tuples(st.sampled_from(["ann", "bob"]), st.none() | st.lists(paths, max_size=3)), max_size=5
)


def scopes(held: list[tuple[str, list[str] | None]]) -> tuple[pl.DataFrame, Book]:
    book = Book()
    listed = [Terms(None, places(paths), None) for _, paths in held]
    columns = {"agent": [agent for agent, _ in held], "terms": list(map(book.code, listed))}
    schema = pl.Schema({"agent": pl.String, "terms": pl.Int64})
    return pl.DataFrame(columns, schema=schema).with_columns(sure=pl.lit(value=True)), book


@given(grants, st.lists(paths, max_size=12))
def test_reach_is_the_count_of_what_lies_within_any_grant(
    held: list[tuple[str, list[str] | None]], resources: list[str]
) -> None:
    plain = {place(path) for path in resources if ".." not in path.split("/")}
    by_hand = {
        agent: sum(
            any(
                listed is None or within(path, set(map(place, listed)))
                for holder, listed in held
                if holder == agent
            )
            for path in plain
        )
        for agent, _ in held
    }
    found = dict(reach(*scopes(held), pl.Series(resources, dtype=pl.String)).iter_rows())
    assert {agent: found.get(agent, 0) for agent in by_hand} == by_hand


def test_a_grant_that_leads_out_of_the_log_reaches_nothing_known() -> None:
    held, book = scopes([("ann", None)])
    unsure = held.with_columns(sure=pl.lit(value=False))
    assert reach(unsure, book, pl.Series(["a"])).is_empty()


def test_a_score_says_what_could_have_gone_wrong_beside_what_did() -> None:
    nine, ten = datetime(2026, 1, 1, 9, tzinfo=UTC), datetime(2026, 1, 1, 10, tzinfo=UTC)
    events: list[Event] = [
        PermissionGranted(id="g", at=nine, agent="bob", grant="g", resources=["repo"]),
        ActionTaken(id="1", at=nine, agent="ann", resource="repo/a"),
        *(ActionTaken(id=f"b{i}", at=nine, agent="bob", resource=f"repo/{i}") for i in range(3)),
        ActionTaken(id="out", at=nine, agent="bob", resource="vault"),
    ]
    _, bob = Scope().detect(frame(events), Window(nine, ten))
    assert (bob.measures["blast_radius"], bob.measures["over_privilege"]) == (4, 0.25)
    assert "Its grants reach 4 of the resources" in bob.reasons[-1]
