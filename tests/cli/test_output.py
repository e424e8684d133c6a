"""What reaches a terminal only prints; what reaches a pipe is data."""

from __future__ import annotations

import json
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.cli.output import FORMATS, emit, plain, summary

FRAME = pl.DataFrame({"agent": ["a\x1b[31m", "b"], "n": [1, 2], "who": [["x", "y"], None]})


@given(st.text())
def test_plain_text_holds_no_control_character(text: str) -> None:
    assert [c for c in plain(text) if c < " " and c not in "\n\t"] == []
    assert "\x1b" not in plain(text)
    assert "\u202e" not in plain(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_plain_text_keeps_what_people_write(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("payload", ["\x1b[2J", "\x1b]0;t\x07", "\x1b]8;;http://x\x1b\\", "\x9b2J"])
def test_escape_sequences_leave_nothing_that_a_terminal_obeys(payload: str) -> None:
    assert not set(plain(f"a{payload}b")) & {"\x1b", "\x9b", "\x07"}


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_writes_every_row(form: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    emit(FRAME, form)
    out = capsysbinary.readouterr().out

    readers: dict[str, Callable[[bytes], pl.DataFrame]] = {
        "parquet": pl.read_parquet,
        "arrow": pl.read_ipc_stream,
        "jsonl": pl.read_ndjson,
    }
    if form in readers:
        assert readers[form](out).height == 2
    else:
        assert b"b" in out
        assert out.count(b"\n") >= 2


def test_a_pipe_gets_json_lines(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    emit(FRAME)

    lines = capsysbinary.readouterr().out.splitlines()
    assert [json.loads(line)["n"] for line in lines] == [1, 2]


def test_a_table_does_not_pass_on_an_escape(capsys: pytest.CaptureFixture[str]) -> None:
    emit(FRAME, "table")

    assert "\x1b[31m" not in capsys.readouterr().out


def test_a_summary_is_one_json_object_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    summary({"read": 3, "sent": 2}, as_json=True)

    assert json.loads(capsys.readouterr().out) == {"read": 3, "sent": 2}
