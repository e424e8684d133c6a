"""What nobody should send, loaded: every line ends as an event, a duplicate or a rejected row."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.cli.measured import Run, run
from tests.hostile import CLOUDS, SMALL, bred, drawn, line

from commonmode.cli.load import command
from commonmode.store import connect

MANY = int(os.environ.get("COMMONMODE_HOSTILE_LINES", "1000000"))

BOUND = 1024
"""MiB that loading may take, however large what it loads."""


def load(folder: Path, *words: object) -> dict[str, int]:
    options = ["--json", "--data", str(folder / "data")]
    done = CliRunner().invoke(command, [*map(str, words), *options], standalone_mode=False)
    assert done.exception is None, done.exception
    told: dict[str, int] = json.loads(done.stdout)
    assert done.return_value == (3 if told["rejected"] else 0)
    return told


def measured(folder: Path, *words: object) -> tuple[Run, dict[str, int]]:
    done = run("load", "--json", "--data", folder / "data", *words)
    assert done.code in {0, 3}, done.err.decode()
    return done, json.loads(done.out)


def log(path: Path, lines: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        file.writelines(chain.from_iterable(zip(lines, repeat(b"\n"), strict=False)))
    return path


def balance(folder: Path) -> dict[str, int]:
    with connect(folder / "data") as store:
        columns = ("stored", "duplicates", "rejected")
        sums = ", ".join(f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in columns)
        return store.query(f"SELECT {sums} FROM ingest_counts").row(0, named=True)


def rejected(folder: Path) -> list[dict[str, Any]]:
    with connect(folder / "data") as store:
        return store.query('FROM rejected ORDER BY topic, "offset"').to_dicts()


@pytest.mark.parametrize(("form", "corpus"), [("canonical", SMALL), ("cloudevents", CLOUDS)])
def test_every_hostile_line_is_stored_dropped_or_rejected_with_its_place_and_bytes(
    tmp_path: Path, form: str, corpus: dict[str, bytes]
) -> None:
    lines = list(corpus.values())
    file = log(tmp_path / "hostile.jsonl", lines)

    told = load(tmp_path, "--source-format", form, file)

    assert told["read"] == sum(balance(tmp_path).values()) == len(lines)
    rows = rejected(tmp_path)
    assert len(rows) == told["rejected"] > 0
    for row in rows:
        assert row["reason"]
        assert row["topic"] == str(file)
        assert lines[row["offset"] - 1].startswith(row["payload"])
        assert row["payload"]


def test_the_good_lines_among_the_hostile_are_all_stored(tmp_path: Path) -> None:
    good = [line(id=f"good-{n}") for n in range(len(SMALL))]
    file = log(
        tmp_path / "mixed.jsonl", chain.from_iterable(zip(SMALL.values(), good, strict=True))
    )

    told = load(tmp_path, "--source-format", "canonical", file)

    assert told["read"] == 2 * len(SMALL)
    with connect(tmp_path / "data") as store:
        kept = store.query("SELECT count(*) AS n FROM events WHERE id LIKE 'good-%'").item()
    assert kept == len(SMALL)


def test_lines_of_hypothesis_balance_and_the_same_again_stores_nothing(tmp_path: Path) -> None:
    seeds = drawn(200)
    lines = [*seeds, *bred(seeds, 3_000, seed=1)]
    file = log(tmp_path / "drawn.jsonl", lines)

    told = load(tmp_path, "--source-format", "canonical", file)
    before = len(rejected(tmp_path))
    again = load(tmp_path, "--source-format", "canonical", file)

    assert told["stored"] > 20
    assert told["rejected"] > 1_000
    assert sum(told[key] for key in ("stored", "duplicates", "rejected")) == len(lines)
    assert again == {**told, "stored": 0, "duplicates": told["stored"] + told["duplicates"]}
    assert len(rejected(tmp_path)) == before


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_million_lines_of_hypothesis_balance_in_bounded_memory(tmp_path: Path) -> None:
    seeds = [*drawn(1_000), *SMALL.values(), *CLOUDS.values()]
    seeds = [text for text in seeds if len(text) < 2_000]
    file = log(tmp_path / "million.jsonl", bred(seeds, MANY, seed=2))

    done, told = measured(tmp_path, "--source-format", "canonical", file)

    print(f"{MANY:,} lines: {told}, peak {done.peak:,.0f} MiB")  # noqa: T201
    assert sum(balance(tmp_path).values()) == told["read"] == MANY
    assert done.peak < BOUND


def squeezed(path: Path, chunks: Iterable[bytes]) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.writelines(chunks)
    return path


def test_huge_lines_a_gzip_bomb_and_a_large_honest_log_are_read_in_bounded_memory(
    tmp_path: Path,
) -> None:
    keys = b"".join(b',"%x":0' % n for n in range(1_000_000))
    huge = line(content="x" * 50_000_000)
    lines = log(tmp_path / "1.jsonl", [huge, line(id="keys")[:-1] + keys + b"}"])
    zeros = repeat(b"0" * 2**20, 1_200)
    bomb = squeezed(tmp_path / "2.gz", chain([line(id="before"), b"\n"], zeros))
    assert bomb.stat().st_size < 20_000_000
    pad = {"note": "n" * 4_000}
    honest = (line(id=str(n), args=pad) + b"\n" for n in range(20_000))
    large = squeezed(tmp_path / "3.jsonl.gz", honest)

    done, told = measured(tmp_path, "--source-format", "canonical", lines, bomb, large)

    assert told == {"read": 20_004, "stored": 20_002, "duplicates": 0, "rejected": 2}
    assert done.peak < BOUND
    too_long, bombed = rejected(tmp_path)
    assert huge.startswith(too_long["payload"])
    assert "16,777,216 bytes" in too_long["reason"]
    assert (bombed["topic"], bombed["offset"]) == (str(bomb), 2)
    assert set(bombed["payload"]) == {ord("0")}


@pytest.mark.slow
@pytest.mark.parametrize("good", [True, False], ids=["events", "no events"])
def test_many_large_lines_do_not_gather_in_memory(tmp_path: Path, *, good: bool) -> None:
    page = "x" * 10_000_000
    broken = {} if good else {"at": "?"}
    lines = (line(**broken, id=f"{n}", task=page) for n in range(200))
    file = log(tmp_path / "large.jsonl", lines)

    done, told = measured(tmp_path, file, "--source-format", "canonical")

    print(f"200 lines of 10 MB: {told}, peak {done.peak:,.0f} MiB")  # noqa: T201
    assert told["stored" if good else "rejected"] == 200
    assert done.peak < BOUND


def test_what_is_damaged_gives_what_stood_before_and_says_so(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(line(id=str(n)) + b"\n" for n in range(1_000)))
    for name, data in {
        "cut.gz": whole[:-300],
        "no checksum.gz": whole[:-8] + b"\0" * 8,
        "trailing rubbish.gz": whole + b"rubbish",
        "overwritten.gz": whole[:300] + bytes(200) + whole[500:],
        "header only.gz": whole[:6],
        "no deflate at all.gz": whole[:10] + b"\xff" * 90,
        "a bare zlib stream.gz": zlib.compress(line()),
    }.items():
        (tmp_path / name).write_bytes(data)

        told = load(tmp_path, "--source-format", "canonical", tmp_path / name)

        rows = [row for row in rejected(tmp_path) if row["topic"] == str(tmp_path / name)]
        reasons = [row["reason"] for row in rows]
        assert told["rejected"] == len(reasons) > 0, name
        assert any("damaged" in reason or "UTF-8" in reason for reason in reasons), name


def test_empty_files_and_lone_line_ends_are_no_records(tmp_path: Path) -> None:
    for number, content in enumerate([b"", b"\n\n", b"\r\n \t\r\n", gzip.compress(b"")]):
        (tmp_path / f"{number}.jsonl").write_bytes(content)

    told = load(tmp_path, *sorted(tmp_path.glob("*.jsonl")))

    assert told["read"] == 0


def test_windows_files_with_a_mark_and_both_line_ends_read_as_any(tmp_path: Path) -> None:
    (tmp_path / "w.jsonl").write_bytes(b"\xef\xbb\xbf" + line() + b"\r\n" + line(id="h") + b"\r\n")

    told = load(tmp_path, tmp_path / "w.jsonl")

    assert told["stored"] == 2
