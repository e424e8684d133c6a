"""Evidence of many findings, fetched at once where their queries allow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.engine.tiny import Bench, action

from commonmode.detectors import Query
from commonmode.engine.evidence import Evidence, gather

APART = {"agents": "agent"}
TEXT = """SELECT * FROM events WHERE agent IN (SELECT unnest($agents)) ORDER BY "at", id"""


def of(*agents: str, text: str = TEXT) -> Query:
    return Query(text, {"agents": list(agents)})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    bench.add(*(action(n, "abc"[n % 3], 1 - n / 20) for n in range(7)))
    yield bench
    bench.close()


def fetched(
    bench: Bench, queries: Sequence[Query], apart: dict[str, str] = APART, most: int = 1000
) -> tuple[list[Evidence], int]:
    """Return what is found, and how many queries the store was asked."""
    asked = 0
    plain = bench.reader.query

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(bench.reader, name)

        def query(self, *args: object) -> object:
            nonlocal asked
            asked += 1
            return plain(*args)  # type: ignore[arg-type]

    return gather(Counting(), queries, {"seq": 10**6}, apart, most), asked  # type: ignore[arg-type]


def test_many_are_asked_as_one_and_each_has_its_own(bench: Bench) -> None:
    queries = [of("b"), of("nobody"), of("a")]
    together, once = fetched(bench, queries)
    alone, thrice = fetched(bench, queries, apart={})

    assert together == alone
    assert together == [
        Evidence(("e4", "e1"), 2),
        Evidence((), 0),
        Evidence(("e6", "e3", "e0"), 3),
    ]
    assert (once, thrice) == (1, 3)


def test_only_the_first_ids_of_each_are_kept_and_all_are_counted(bench: Bench) -> None:
    queries = [of("a"), of("b")]
    together, _ = fetched(bench, queries, most=1)
    alone, _ = fetched(bench, queries, apart={}, most=1)

    assert together == alone == [Evidence(("e6",), 3), Evidence(("e4",), 2)]


def test_queries_that_differ_in_more_than_the_list_are_asked_alone(bench: Bench) -> None:
    later = TEXT.replace("WHERE", """WHERE "at" >= '2026-01-01 00:50:00+00' AND""")
    found, asked = fetched(bench, [of("a"), of("a", text=later), of("b", "c")])

    assert [one.ids for one in found] == [
        ("e6", "e3", "e0"),
        ("e3", "e0"),
        ("e5", "e4", "e2", "e1"),
    ]
    assert asked == 3


def test_what_the_store_stood_without_is_no_evidence(bench: Bench) -> None:
    assert gather(bench.reader, [of("a"), of("b")], {"seq": 2}, APART) == [
        Evidence(("e0",), 1),
        Evidence(("e1",), 1),
    ]
