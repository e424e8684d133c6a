"""Texts get numbers in the order in which they come, however many there are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.detectors import numbering
from commonmode.detectors.bound import digest
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
        assert here.texts().equals(there.texts())
    by_text = one.by_text()
    assert by_text.texts().to_list() == sorted(one.texts)
    assert by_text.texts(by_text.ranks.astype(np.int64)).to_list() == one.texts.to_list()


@given(told=parts)
def test_digests_are_numbered_as_their_texts_are_and_named_in_the_end(
    told: list[list[str | None]],
) -> None:
    said = {text for part in told for text in part if text is not None}
    known = {text: digest(pl.Series([text])).item() for text in said}
    texts_of = {number: text for text, number in known.items()}

    def naming(digests: pl.Series) -> pl.Series:
        return pl.Series([texts_of[one] for one in digests], dtype=pl.String)

    plain, by_digest = Numbering(), Numbering()
    numbers(plain, told)
    for part in told:
        coming = [text if text is None else known[text] for text in part]
        by_digest.of(pl.Series(coming, dtype=pl.UInt64))

    found, wanted = by_digest.by_text(naming), plain.by_text()
    assert found.texts().to_list() == wanted.texts().to_list()
    assert found.ranks.tolist() == wanted.ranks.tolist()
    assert set(by_digest.by_hash(naming).texts()) == said
