"""All kinds are read by one query, as each is read by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.tiny import HOUR, START, Bench

from commonmode.detectors import Collusion, Query, Scope
from commonmode.detectors.bound import digest
from commonmode.engine.reading import beside_of, bounds_of, of_agents, queries_of
from commonmode.engine.windows import window_of
from commonmode.events import ActionTaken, MessageSent, StateChanged

DETECTOR = Collusion()
KINDS = ("action_taken", "state_changed", "message_sent")
EVERYTHING = Query("true", {})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, DETECTOR)
    made.add(
        ActionTaken(id="1", at=START, agent="a", resource="x", task="t", cost=1.0, price=2.0),
        ActionTaken(id="2", at=START, agent="a"),
        StateChanged(id="3", at=START, agent="b", resource="x", price=3.0),
        MessageSent(id="4", at=START, agent="b", recipient="a", task="t"),
    )
    yield made
    made.close()


def read(bench: Bench, kinds: tuple[str, ...]) -> pl.DataFrame:
    (query,) = queries_of(DETECTOR, kinds, EVERYTHING)
    return bench.reader.query(query.text, query.parameters)


def test_read_at_once_they_are_the_rows_of_each_kind(bench: Bench) -> None:
    each = pl.concat([read(bench, (kind,)) for kind in KINDS], how="diagonal")
    at_once = read(bench, KINDS)
    assert at_once.height == 3
    assert at_once.select(each.columns).sort("kind").equals(each.sort("kind"))


def test_what_is_not_read_of_a_kind_is_not_handed_over_with_another(bench: Bench) -> None:
    rows = read(bench, KINDS).select("kind", "task", "cost", "price").sort("kind").rows()
    assert rows == [
        ("action_taken", "t", 1.0, None),
        ("message_sent", None, None, None),
        ("state_changed", None, None, 3.0),
    ]


def test_of_no_kinds_nothing_is_asked() -> None:
    assert queries_of(DETECTOR, (), EVERYTHING) == []


def test_windows_say_of_what_kinds_their_events_are(bench: Bench) -> None:
    for start, kinds in ((START, sorted(KINDS)), (START + 30 * HOUR, [])):
        query = bounds_of([window_of(start, DETECTOR.window)])
        *_, found = bench.reader.query(query.text, query.parameters).row(0)
        assert sorted(cast(list[str], found or [])) == kinds


AGENTS = [f"agent-{n}" for n in range(20)]
"""Their digests lie on both sides of 2^63, above which a list of numbers is of another type."""


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("peopled"), DETECTOR)
    made.add(*(ActionTaken(id=one, at=START, agent=one, resource=f"of {one}") for one in AGENTS))
    yield made
    made.close()


@given(some=st.sets(st.sampled_from(AGENTS)))
def test_agents_are_read_by_their_digests_and_nobody_else(peopled: Bench, some: set[str]) -> None:
    numbers = digest(pl.Series(sorted(some), dtype=pl.String)).to_list()
    where = of_agents(EVERYTHING, numbers)
    (query,) = queries_of(DETECTOR, ["action_taken"], where)
    beside = beside_of(Scope(), ["action_taken"], EVERYTHING, numbers)

    read = peopled.reader.query(query.text, query.parameters)
    others = peopled.reader.query(beside.text, beside.parameters)
    assert set(read["agent"]) == some
    assert set(others["resource"]) == {f"of {one}" for one in AGENTS if one not in some}


def test_there_are_digests_of_either_kind() -> None:
    large = digest(pl.Series(AGENTS)) >= 2**63

    assert large.any()
    assert not large.all()
