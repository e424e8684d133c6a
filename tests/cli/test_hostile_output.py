"""What agents wrote, in every form that rows are printed in."""

from __future__ import annotations

import json

import polars as pl
import pytest
from tests.hostile_store import OBEYED

from commonmode.cli.output import emit

HOSTILE = {
    "colour": "\x1b[31mred",
    "screen": "\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "device": "\x1bPq#0\x1b\\",
    "c1": "\x9b31mred\x9d0;owned\x9c",
    "bidi": "pay\u202efdp.exe\u2066",
    "backspace": "safe\x08\x08\x08\x08evil\r",
    "markup": "[bold]x[/bold][link=http://evil.example]y[/link]",
    "formula": '=HYPERLINK("http://evil.example")',
    "plus": "+1+cmd|' /C calc'!A0",
    "at": "@SUM(1)",
}


def printed(text: str, form: str, capsysbinary: pytest.CaptureFixture[bytes]) -> str:
    emit(pl.DataFrame({"agent": [text], text: [[text]]}), form)
    return capsysbinary.readouterr().out.decode()


@pytest.mark.parametrize("form", ["table", "csv", "jsonl"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_escape_comes_through(
    text: str, form: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert OBEYED.findall(printed(text, form, capsysbinary)) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whoever_reads_the_json_has_the_text_back(
    text: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert json.loads(printed(text, "jsonl", capsysbinary))["agent"] == text


@pytest.mark.parametrize("name", ["formula", "plus", "at"])
def test_a_spreadsheet_computes_nothing(
    name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    emit(pl.DataFrame({"agent": [HOSTILE[name]], "n": [-1]}), "csv")
    row = capsysbinary.readouterr().out.decode().splitlines()[1]

    assert row.lstrip('"').startswith("'")
    assert row.endswith(",-1")


def test_column_names_that_become_the_same_are_numbered(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    names = ["a\x1b", "a\x07", "a\ufffd_2", "=a", "'=a"]
    emit(pl.DataFrame({name: [i] for i, name in enumerate(names)}), "csv")
    header, row = capsysbinary.readouterr().out.decode().splitlines()

    assert header == "a\ufffd,a\ufffd_2,a\ufffd_2_2,'=a,'=a_2"
    assert row == "0,1,2,3,4"


@pytest.mark.parametrize("number", ["-5", "+1.5", "-.5e-3", "-2."])
def test_a_number_written_as_text_needs_no_guard(
    number: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    emit(pl.DataFrame({"price": [number]}), "csv")

    assert capsysbinary.readouterr().out.decode() == f"price\n{number}\n"


@pytest.mark.parametrize("formula", ["-5+1", "-5\n=1", "--5", "-", "-1e"])
def test_a_number_that_goes_on_is_no_number(
    formula: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    emit(pl.DataFrame({"price": [formula]}), "csv")

    assert capsysbinary.readouterr().out.decode().splitlines()[1].lstrip('"').startswith("'")
