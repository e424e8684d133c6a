"""Every detector keeps the contract of detectors."""

from __future__ import annotations

from functools import cache

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpydoc.docscrape import ClassDoc  # type: ignore[import-untyped]
from tests.contracts.examples import EXAMPLES
from tests.digested import show

from commonmode.detectors import ALL, Detector, Query
from commonmode.detectors.checks import (
    CHECKS,
    PROOFS,
    Example,
    merges_a_split_to_the_whole,
    yield_checks,
)

NAMES = tuple(detector.name for detector in ALL)


@cache
def example_of(name: str) -> Example:
    return EXAMPLES[name]()


@cache
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def run(query: Query, events: pl.DataFrame) -> pl.DataFrame:
    db = database()
    show(db, events.to_arrow())
    table = pl.from_arrow(db.sql(query.text, params=query.parameters).to_arrow_table())
    assert isinstance(table, pl.DataFrame)
    return table


def test_every_detector_has_an_example_and_a_name_of_its_own() -> None:
    assert sorted(EXAMPLES) == sorted(NAMES)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("check", [check.__name__ for check in (*CHECKS, *PROOFS)])
def test_detector(name: str, check: str) -> None:
    dict(yield_checks(example_of(name), run))[check]()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_split_merges_to_the_whole(name: str, data: st.DataObject) -> None:
    example = example_of(name)
    seed = data.draw(st.randoms(use_true_random=False))
    parts = data.draw(st.integers(1, 9))
    merges_a_split_to_the_whole(
        example, [seed.randrange(parts) for _ in range(example.frame().height)]
    )


@pytest.mark.parametrize("detector", ALL)
def test_the_docstring_parses_as_numpydoc(detector: type[Detector]) -> None:
    doc = ClassDoc(detector)

    assert doc["Summary"]
    assert doc["Parameters"]
    assert doc["Notes"]
    assert doc["References"]
    assert doc["Examples"]
