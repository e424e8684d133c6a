"""Files read at once: everything, in each file's order, and a clean end whatever happens."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import click
import pytest

from commonmode.cli.log_file import Log
from commonmode.cli.log_readers import LogReaderError, parcels_of, pieces, read_all, sheets_of
from commonmode.formats import ReadOptions, get
from commonmode.formats.parcel import Parcel

LINE = b'{"id":"%b-%d","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a%d"}\n'


def logs(folder: Path, *counts: int) -> list[Log]:
    made = []
    for number, count in enumerate(counts):
        file = folder / f"{number}.jsonl"
        name = str(number).encode()
        file.write_bytes(b"".join(LINE % (name, n, n % 3) for n in range(count)) + b"{broken\n")
        made.append(Log(file, ReadOptions(), get("canonical")))
    return made


def lines_of(parcels: list[Parcel], log: Log) -> list[int]:
    return [n for parcel in parcels if parcel.source == str(log.file) for n, _, _ in parcel.events]


def test_every_line_of_every_file_comes_once_and_each_files_in_order(tmp_path: Path) -> None:
    some = logs(tmp_path, 3_000, 10, 2_500)

    parcels = list(read_all(parcels_of, pieces(some, 10_000), readers=2))

    for log, count in zip(some, (3_000, 10, 2_500), strict=True):
        assert lines_of(parcels, log) == list(range(1, count + 1))
    refused = [rejected.position for parcel in parcels for rejected in parcel.rejected]
    assert {(place.source, place.offset) for place in refused} == {
        (str(some[0].file), 3_001),
        (str(some[1].file), 11),
        (str(some[2].file), 2_501),
    }


def test_whoever_stops_taking_ends_the_readers(tmp_path: Path) -> None:
    parcels = read_all(parcels_of, pieces(logs(tmp_path, 50_000, 50_000), 10_000), readers=2)
    next(parcels)
    parcels.close()  # type: ignore[attr-defined]  # it is a generator

    assert multiprocessing.active_children() == []


def test_a_file_that_went_away_is_an_error_that_names_it(tmp_path: Path) -> None:
    (log,) = logs(tmp_path, 10)
    log.file.unlink()

    with pytest.raises(click.UsageError, match=r"0\.jsonl cannot be read"):
        list(read_all(parcels_of, pieces([log], 10_000)))


def test_a_reader_that_was_killed_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    parcels = read_all(parcels_of, pieces(logs(tmp_path, 50_000), 10_000))
    next(parcels)
    for child in multiprocessing.active_children():
        os.kill(child.pid or 0, signal.SIGKILL)

    with pytest.raises(LogReaderError, match="ended before its log did"):
        list(parcels)


@pytest.mark.parametrize("readers", [1, 3])
def test_rows_and_their_order_are_the_same_however_many_read(tmp_path: Path, readers: int) -> None:
    some = logs(tmp_path, 300, 7, 200)
    alone = [sheet for piece in pieces(some, 2_000) for sheet in sheets_of(piece)]

    together = list(read_all(sheets_of, pieces(some, 2_000), readers))

    assert len(alone) > len(some)
    assert together == alone
