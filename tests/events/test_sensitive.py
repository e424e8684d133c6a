"""Where secrets stand in a text: nothing is lost by looking for the likely words first."""

from __future__ import annotations

import pytest
from detect_secrets.plugins.keyword import DENYLIST, KeywordDetector
from hypothesis import given
from hypothesis import strategies as st

from commonmode.events.sensitive import spans

names = st.sampled_from(DENYLIST).flatmap(
    lambda term: st.from_regex(f"(?i:{term})", fullmatch=True)
)
around = st.text(max_size=20)


@given(around, names, st.text("abcdef0123456789", min_size=8, max_size=20), around)
def test_whatever_the_library_takes_for_an_assigned_secret_is_found(
    before: str, name: str, secret: str, after: str
) -> None:
    text = f'{before} {name} = "{secret}" {after}'
    told = set(KeywordDetector().analyze_string(text))

    found = " ".join(text[span.start : span.end] for span in spans(text))

    assert [each for each in told if each not in found] == []


@pytest.mark.parametrize(
    "name", ["password", "pa\u017f\u017fword", "SECRET", "\u017fecret", "API_KEY", "apiKey"]
)
def test_a_name_is_known_in_every_case_that_the_library_ignores(name: str) -> None:
    text = f'{name} = "hunter2hunter2"'

    assert [text[span.start : span.end] for span in spans(text)] == ["hunter2hunter2"]
