"""Logs are opened, inflated, recognised and read; of a damaged one, what stood before."""

from __future__ import annotations

import gzip
from pathlib import Path

import click
import pytest

from commonmode.cli.sources import Sources
from commonmode.events import Event, Rejected

LINE = b'{"id":"%d","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}\n'
LOG = b"".join(LINE % n for n in range(2000))


def ids(files: tuple[Path, ...]) -> list[str]:
    return [event.id for event in Sources(files).read() if isinstance(event, Event)]


def test_plain_and_compressed_files_read_alike(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.log"
    plain.write_bytes(LOG)
    packed.write_bytes(gzip.compress(LOG))

    assert ids((plain,)) == ids((packed,)) == [str(n) for n in range(2000)]


def test_a_damaged_file_gives_what_stood_before_and_the_next_file_is_read(tmp_path: Path) -> None:
    cut, whole = tmp_path / "cut.gz", tmp_path / "whole.jsonl"
    cut.write_bytes(gzip.compress(LOG)[:-200])
    whole.write_bytes(LINE % 9999)
    read = list(Sources((cut, whole)).read())
    refused = [record for record in read if isinstance(record, Rejected)]

    assert read[0] == next(iter(Sources((cut,)).read()))
    assert isinstance(read[-1], Event)
    assert [record.position.source for record in refused] == [str(cut)]
    assert "damaged" in refused[0].reason


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(click.FileError) as caught:
        list(Sources((tmp_path / "nowhere.jsonl",)).read())

    assert "nowhere.jsonl" in caught.value.format_message()


def test_what_a_format_cannot_fill_is_said_before_it_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "run.jsonl"
    log.write_bytes(b'{"metadata": {"benchmark": "agent-dojo", "name": "p"}}\n')
    list(Sources((log,)).read())

    said = " ".join(capsys.readouterr().err.split())
    assert "agentdojo" in said
    assert "price" in said
