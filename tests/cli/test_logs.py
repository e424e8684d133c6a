"""What is logged, and the traceback of a defect: texts of agents are read there, not obeyed."""

from __future__ import annotations

import logging

import click
import pytest
from tests.hostile_store import OBEYED, TEXTS

from commonmode.cli import main
from commonmode.cli.logs import PlainFormatter


def failed(text: str) -> logging.LogRecord:
    """Return the record of an error whose words are a text."""
    error = RuntimeError(text)
    return logging.LogRecord(
        "x", logging.ERROR, "x.py", 1, "%s", (text,), (RuntimeError, error, error.__traceback__)
    )


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_record_is_one_line_and_its_traceback_obeyed_by_nobody(text: str) -> None:
    record = failed(text)

    line, below = PlainFormatter("%(levelname)s %(message)s").format(record).split("\n", 1)

    assert line.startswith("ERROR ")
    assert below.startswith("RuntimeError")
    assert OBEYED.findall(line + below) == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_defect_shows_its_traceback_and_no_escape(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def defect() -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(main, "cli", defect)
    with pytest.raises(SystemExit) as ended:
        main.main([])
    said = capsys.readouterr().err

    assert ended.value.code == 1
    assert "Traceback" in said
    assert "RuntimeError" in said
    assert OBEYED.findall(said) == []
