"""Texts get numbers in the order in which they come, however many there are."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.detectors import numbering
from commonmode.detectors.numbering import Numbering

texts = st.none() | st.sampled_from(["", "a", "B", "b", "ä", "a\0", "a longer text than fits"])
parts = st.lists(st.lists(texts, max_size=40), max_size=5)


def numbers(names: Numbering, told: list[list[str | None]]) -> list[int | None]:
    return [n for part in told for n in names.of(pl.Series(part, dtype=pl.String)).to_list()]


@pytest.mark.parametrize("compiled_from", [0, 60, 500_000])
@settings(max_examples=50, deadline=None)
@given(told=parts)
def test_each_text_has_the_number_of_its_first_coming(
    compiled_from: int, told: list[list[str | None]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbering, "WORTH_COMPILING", compiled_from)
        names = Numbering()
        found = numbers(names, told)

    said = [text for part in told for text in part]
    order = list(dict.fromkeys(text for text in said if text is not None))
    assert found == [None if text is None else order.index(text) for text in said]
    assert names.texts.to_list() == order


@given(told=parts)
def test_ranks_do_not_depend_on_the_order_of_coming(told: list[list[str | None]]) -> None:
    one, other = Numbering(), Numbering()
    numbers(one, told)
    numbers(other, told[::-1])

    for by in (Numbering.by_text, Numbering.by_hash):
        here, there = by(one), by(other)
        assert list(map(here.text, range(len(here)))) == list(map(there.text, range(len(there))))
    by_text = one.by_text()
    assert list(map(by_text.text, range(len(by_text)))) == sorted(one.texts)
    assert [by_text.text(rank) for rank in by_text.ranks.tolist()] == one.texts.to_list()
