"""A data folder that nobody may write to: it can be read, and who must write is told so."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos.whole import COMMONMODE
from tests.store.samples import actions, batch

from commonmode.events import encode
from commonmode.store import Writer

pytestmark = pytest.mark.chaos

UNREACHABLE = 4


@pytest.fixture(scope="module")
def lines() -> bytes:
    """A log of canonical lines."""
    return b"".join(encode(event) + b"\n" for event in actions(20))


@pytest.fixture
def read_only(disk: Callable[[str], Path]) -> Path:
    """A data folder with twenty events, on a disk that is now read-only."""
    folder = disk("size=64m")
    with Writer(folder / "data") as writer:
        writer.append(batch(actions(20)))
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    return folder / "data"


def run(verb: str, data: Path, *options: str, given: bytes = b"") -> tuple[int, str, str]:
    command = [*COMMONMODE, verb, "--data", str(data), *options]
    done = subprocess.run(command, input=given, capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("up", ("--no-broker",)),
        ("load", ("-",)),
        ("detect", ("--once",)),
        ("owner", ()),
    ],
)
def test_who_must_write_is_told_that_the_folder_is_read_only(
    read_only: Path, lines: bytes, verb: str, options: tuple[str, ...]
) -> None:
    code, _, told = run(verb, read_only, *options, given=lines)

    assert code == UNREACHABLE
    assert str(read_only) in told
    assert "Read-only file system" in told
    assert "Traceback" not in told


def test_who_only_reads_reads(read_only: Path) -> None:
    code, said, told = run("sql", read_only, "SELECT count(*) AS n FROM events", "--format", "csv")

    assert (code, said, told) == (0, "n\n20\n", "")
    assert run("findings", read_only)[0] == 0
