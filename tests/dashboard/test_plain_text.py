"""What hostile text may look like on the screen."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from commonmode.dashboard.plain_text import short, visible, worded


@given(st.text())
def test_visible_text_hides_nothing(text: str) -> None:
    assert not any(
        unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t" for c in visible(text)
    )


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_visible_text_changes_nothing_that_was_visible(text: str) -> None:
    assert visible(text) == text


@given(st.text(), st.integers(3, 60))
def test_short_text_is_short_and_on_one_line(text: str, longest: int) -> None:
    assert len(short(text, longest)) <= longest
    assert "\n" not in short(text, longest)


@given(st.text())
def test_label_holds_words_only(text: str) -> None:
    assert all(c.isalnum() or c in " -" for c in worded(text))
