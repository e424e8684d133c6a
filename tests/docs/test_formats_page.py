"""The examples on the page about formats are read as the page says."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from tests.contracts.examples import EXAMPLES

from commonmode.detectors import ALL
from commonmode.events import ActionTaken, MessageSent, decode
from commonmode.formats import FORMATS, Mapped

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_format_has_a_section() -> None:
    assert [form.name for form in FORMATS if f"## {form.name}\n" not in PAGE] == []


def test_the_canonical_example_is_an_event() -> None:
    assert isinstance(decode(blocks("json")[0]), ActionTaken)


def test_the_map_reads_the_lines_below_it() -> None:
    log = BytesIO(blocks("json")[1].encode())
    action, message = Mapped(blocks("toml")[0]).read(log, "log")

    assert isinstance(action, ActionTaken)
    assert (action.agent, action.at.microsecond) == ("ops/a7", 123000)
    assert isinstance(message, MessageSent)
    assert message.recipient == "b2"


ROW = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)
LEAST = {name: said for name, said in ROW.findall(PAGE) if "`action_taken`: " in said}


def kept(said: str, events: pl.DataFrame) -> pl.DataFrame:
    """Return the kinds of event that a row of the table names, with the fields it names."""
    always = ["seq", "ingested_at", "id", "kind", "at", "agent"]
    parts = []
    for part in said.split("; "):
        kind, *fields = re.findall(r"`(\w+)`", part)
        named = {name for name in (*always, *fields) if name in events.columns}
        blank = [pl.lit(None, events[c].dtype).alias(c) for c in events.columns if c not in named]
        parts.append(events.filter(pl.col("kind") == kind).with_columns(blank))
    return pl.concat(parts)


@pytest.mark.parametrize("name", LEAST)
def test_the_least_that_a_log_has_to_say_is_enough(name: str) -> None:
    example = EXAMPLES[name]()
    events = kept(LEAST[name], example.events)
    found = [
        s for s in example.detector.detect(events.lazy(), example.window) if s.verdict == "finding"
    ]

    assert any(any(who in (s.subject, *s.agents) for who in example.fires) for s in found)


def test_every_detector_has_its_least() -> None:
    assert {detector.name for detector in ALL} == LEAST.keys()
