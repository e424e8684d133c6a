"""The examples on the page about formats are read as the page says."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

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
