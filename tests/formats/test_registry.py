"""A log says by its content which format it is in."""

from __future__ import annotations

import json

import pytest

from commonmode.formats import FORMATS, UnknownFormatError, detect, get

HEADS = {
    "canonical": {"id": "1", "kind": "task_ended", "at": "2026-01-01T00:00:00Z", "agent": "a"},
    "cloudevents": {"specversion": "1.0", "type": "x", "source": "a", "id": "1"},
    "otlp": {"resourceSpans": []},
    "agentdojo": {"metadata": {"benchmark": "agent-dojo", "name": "pipeline"}},
}


TEXTS = [each.name for each in FORMATS if not each.begins]


@pytest.mark.parametrize("name", TEXTS)
def test_every_format_is_recognised_by_its_head_alone(name: str) -> None:
    assert detect(json.dumps(HEADS[name]).encode(), "log").name == name


def test_what_is_no_text_is_recognised_by_its_first_bytes() -> None:
    assert detect(b"PAR1\x15\x04", "log").name == "parquet"


@pytest.mark.parametrize("name", TEXTS)
def test_a_broken_first_line_does_not_hide_the_format(name: str) -> None:
    head = b'{"broken\n' + json.dumps(HEADS[name]).encode() + b"\n"

    assert detect(head, "log").name == name


def test_an_empty_log_is_canonical() -> None:
    assert detect(b" \n", "log").name == "canonical"


def test_an_unknown_log_says_what_was_looked_for_and_found() -> None:
    with pytest.raises(UnknownFormatError) as caught:
        detect(b'{"level": "info"}', "app.log")

    for words in ("app.log", "specversion", "user_task_id", "['level']", "--map"):
        assert words in str(caught.value)


def test_a_misspelt_name_is_answered_with_the_near_one() -> None:
    with pytest.raises(UnknownFormatError, match="did you mean agentdojo"):
        get("agentdojp")


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_every_format_fills_the_four_required_fields(each: object) -> None:
    assert {"id", "at", "agent"} <= get(getattr(each, "name", "")).fills
