"""Every view opens, whatever the store holds and whatever the URL says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.dashboard.conftest import Open, healthy, words
from tests.dashboard.small_store import HOSTILE, START

from commonmode.dashboard.views import VIEWS
from commonmode.events import ActionTaken, to_table
from commonmode.store import Batch, Writer

every_view = pytest.mark.parametrize("noun", [view.noun for view in VIEWS])

NONSENSE = {
    "finding": "<script>alert(1)</script>",
    "event": "no/such",
    "span": "yesterday",
    "status": "burning",
    "detector": "phrenology",
    "page": "-7",
    "kind": "x' OR 1=1 --",
    "ring": "0",
    "breach": "0",
    "table": "passwd",
}


@every_view
def test_view_shows_a_small_store(opened: Open, small: Path, noun: str) -> None:
    assert healthy(opened(noun, small))


@every_view
def test_what_a_picture_rests_on_is_counted_as_people_count(
    opened: Open, small: Path, noun: str
) -> None:
    said = words(opened(noun, small))

    assert re.search(r"n = 1 (\S+ )?(findings|families|events|rows|actions|grants)\b", said) is None
    assert re.search(r"n = [^·\n]*[(|]", said) is None


@every_view
def test_a_table_of_claims_has_them_first_and_over_several_lines(
    opened: Open, small: Path, noun: str
) -> None:
    at = opened(noun, small)
    with_claims = [table for table in at.dataframe if "claim" in table.value.columns]

    assert with_claims or noun not in {"findings", "monoculture", "collusion", "scope"}
    for table in with_claims:
        assert table.value.columns[0] == "claim"
        assert table.proto.row_height >= 2 * 18


@every_view
def test_view_of_an_empty_store_says_what_to_do(opened: Open, empty: Path, noun: str) -> None:
    at = opened(noun, empty)

    assert healthy(at)
    assert noun == "sql" or "commonmode demo" in words(at)


@every_view
def test_view_without_a_store_says_what_to_do(opened: Open, tmp_path: Path, noun: str) -> None:
    at = opened(noun, tmp_path / "nowhere")

    assert healthy(at)
    assert "commonmode demo" in words(at)


@every_view
def test_view_survives_a_mangled_link(opened: Open, small: Path, noun: str) -> None:
    assert healthy(opened(noun, small, **NONSENSE))


@every_view
def test_agent_text_reaches_no_markdown(opened: Open, hostile: Path, noun: str) -> None:
    at = opened(noun, hostile)
    interpreted = [e.value for group in (at.markdown, at.caption, at.title, at.html) for e in group]

    assert healthy(at)
    assert not any(HOSTILE[:12] in str(text) for text in interpreted)


def test_a_log_without_grants_says_that_scope_is_silent_for_want_of_them(
    opened: Open, tmp_path: Path
) -> None:
    act = ActionTaken(id="a", at=START, agent="a7", action="buy", resource="shop/a")
    with Writer(tmp_path) as writer:
        writer.append(Batch(events=to_table([act])))

    said = words(opened("scope", tmp_path))
    assert "holds no grant" in said
    assert "That is a result" not in said


def test_what_a_log_does_not_say_is_unknown_and_not_none(opened: Open, tmp_path: Path) -> None:
    act = ActionTaken(id="a", at=START, agent="a7", action="buy", resource="shop/a")
    with Writer(tmp_path) as writer:
        writer.append(Batch(events=to_table([act])))

    said = words(opened("economy", tmp_path))
    assert "1 agent, acting on 1 resource ·" in said
    assert "Families unknown" in said
