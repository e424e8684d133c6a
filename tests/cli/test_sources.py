"""Logs are opened, inflated, recognised and read; of a damaged one, what stood before."""

from __future__ import annotations

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest

from commonmode.cli.sources import Sources
from commonmode.events import Event, Rejected
from commonmode.formats import UnknownFormatError

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
    assert [record.position.source for record in refused] == [str(cut)] * 2
    assert LOG.splitlines()[refused[0].position.offset - 1].startswith(refused[0].payload)
    assert "damaged" in refused[1].reason


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match=r"nowhere\.jsonl cannot be read: No such file"):
        Sources((tmp_path / "nowhere.jsonl",)).logs()


def test_what_a_format_cannot_fill_is_said_before_it_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "run.jsonl"
    log.write_bytes(b'{"metadata": {"benchmark": "agent-dojo", "name": "p"}}\n')
    list(Sources((log,)).read())

    said = " ".join(capsys.readouterr().err.split())
    assert "agentdojo" in said
    assert "price" in said
    assert "habit goes without: attempted" in said
    assert "scope goes without: actions, attempted, break_glass, grant" in said


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_said_to_be_empty_and_to_fill_nothing(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, whole = tmp_path / "empty.jsonl", tmp_path / "whole.jsonl"
    empty.write_bytes(content)
    assert list(Sources((empty,)).read()) == []
    assert "fills" not in (said := capsys.readouterr().err)
    assert "empty.jsonl: empty" in said.replace("\n", "")

    whole.write_bytes(LOG)
    assert len(list(Sources((empty, whole)).read())) == 2000
    assert "whole.jsonl: canonical" in capsys.readouterr().err.replace("\n", "")


def test_all_files_are_recognised_before_the_first_is_read(tmp_path: Path) -> None:
    good, strange = tmp_path / "good.jsonl", tmp_path / "strange.log"
    good.write_bytes(LOG)
    strange.write_bytes(b"what is this?\n")

    with pytest.raises(UnknownFormatError, match="strange"):
        next(iter(Sources((good, strange)).read()))
    with pytest.raises(click.UsageError, match="Is a directory"):
        next(iter(Sources((good, tmp_path)).read()))


def test_a_pipe_is_recognised_by_a_first_line_longer_than_it_holds(tmp_path: Path) -> None:
    fifo, page = tmp_path / "fifo", b"x" * 300_000
    os.mkfifo(fifo)
    long = LINE.replace(b'"agent"', b'"content":"%b","agent"' % page) % 1
    with ThreadPoolExecutor(1) as pool:
        pool.submit(fifo.write_bytes, long + LINE % 2)
        assert ids((fifo,)) == ["1", "2"]


def test_a_line_is_read_while_the_next_is_still_being_written(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with ThreadPoolExecutor(2) as pool:
        opening = pool.submit(fifo.open, "wb", buffering=0)
        records = Sources((fifo,)).read()
        first = pool.submit(next, records)
        with opening.result() as writer:
            writer.write(LINE % 1 + b'{"id":')
            assert isinstance(first.result(timeout=30), Event)


def test_a_file_that_is_no_gzip_whatever_its_name_is_read_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl.gz"
    log.write_bytes(LINE % 7)

    assert ids((log,)) == ["7"]
