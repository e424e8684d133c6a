"""What was read by number gets its name back, whether few or many are asked for."""

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.tiny import START, Bench

from commonmode.detectors.bound import digest
from commonmode.engine import names
from commonmode.engine.names import Names
from commonmode.engine.windows import window_of
from commonmode.events import ActionTaken

DAY = window_of(START, timedelta(days=1))
PEOPLE, PLACES = ["ada", "Ada", "ada\u0301", "a"], ["x", "x/y", "/", "."]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("named"))
    both = enumerate(zip(PEOPLE * 2, PLACES * 2, strict=True))
    made.add(*(ActionTaken(id=f"e{n}", at=START, agent=who, resource=to) for n, (who, to) in both))
    return made


@pytest.mark.parametrize("many", [0, names.MANY])
@pytest.mark.parametrize(("column", "texts"), [("agent", PEOPLE), ("resource", PLACES)])
@settings(max_examples=25)
@given(drawn=st.lists(st.integers(0, 3)))
def test_digests_are_named_in_the_order_in_which_they_are_asked_for(
    bench: Bench, many: int, column: str, texts: list[str], drawn: list[int]
) -> None:
    asked = pl.Series([texts[n] for n in drawn], dtype=pl.String)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "MANY", many)
        named = Names(bench.reader)(column, DAY, digest(asked))

    assert named.to_list() == asked.to_list()
