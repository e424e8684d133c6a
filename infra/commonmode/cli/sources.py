"""The logs a verb reads: files, compressed files, standard input; recognised, then read."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import click
from msgspec import Struct
from rich.text import Text

from commonmode.cli.output import errors, plain
from commonmode.detectors import ALL
from commonmode.events import FIELDS, Event, Position, Rejected
from commonmode.formats import FORMATS, Format, Mapped, ReadOptions, detect, get

HEAD = 2**20
"""Bytes that are looked at to recognise a log; its first record should fit."""
_GZIP = b"\x1f\x8b"
F = TypeVar("F", bound=Callable[..., Any])


class Sources(Struct, frozen=True):
    """What to read and how: the arguments that `pipe` and `load` share."""

    files: tuple[Path, ...]
    format_name: str = "auto"
    map_file: Path | None = None
    start: datetime | None = None

    def read(self) -> Iterator[Event | Rejected]:
        """Yield the events of every file in turn; say on standard error what each is.

        Raises
        ------
        UnknownFormatError, MapError
            When a file's format is not recognised, or the map is wrong.
        """
        mapped = self._map()
        options = ReadOptions(start=self.start) if self.start else ReadOptions()
        for file in self.files or (Path("-"),):
            try:
                with _opened(file) as stream:
                    form = mapped or self._format(stream, str(file))
                    announce(form, str(file))
                    yield from form.read(cast("BinaryIO", stream), str(file), options)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                yield _damaged(file, error)

    def _map(self) -> Mapped | None:
        if self.map_file is None:
            return None
        return Mapped(self.map_file.read_text(encoding="utf-8"), str(self.map_file))

    def _format(self, stream: BufferedReader[Any], name: str) -> Format:
        if self.format_name != "auto":
            return get(self.format_name)
        return detect(stream.peek(HEAD), name)


def source_options(function: F) -> F:
    """Add ``[FILES]…``, ``--source-format``, ``--map`` and ``--start``."""
    names = ["auto", *(form.name for form in FORMATS)]
    options = (
        click.argument("files", nargs=-1, type=click.Path(path_type=Path)),
        click.option(
            "--source-format",
            "format_name",
            type=click.Choice(names),
            default="auto",
            show_default=True,
            help="Format of the logs.",
        ),
        click.option(
            "--map",
            "map_file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            default=None,
            help="TOML that maps any other NDJSON, a JMESPath expression a field.",
        ),
        click.option(
            "--start",
            type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
            default=None,
            help="First time of a log that has none; events follow a second apart.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def announce(form: Format, name: str) -> None:
    """Say which format a file is in, what it cannot fill, and which detectors can run."""
    able = [d.name for d in ALL if set(d.columns()) - {"kind"} <= form.fills]
    missing = sorted(FIELDS.keys() - form.fills - {"extra"})
    lines = [f"{name}: {form.name} — fills {len(form.fills)} of {len(FIELDS)} fields"]
    if missing:
        lines.append(f"  not in this format: {', '.join(missing)}")
    if able or missing:
        lines.append(f"  every column of: {', '.join(able) or 'no detector'}")
    errors.print(Text(plain("\n".join(lines))))


@contextmanager
def _opened(file: Path) -> Iterator[BufferedReader[Any]]:
    with _raw(file) as stream:
        if stream.peek(2)[:2] == _GZIP:
            inflated = cast("Any", gzip.GzipFile(fileobj=stream))
            with BufferedReader(inflated, HEAD) as text:
                yield text
        else:
            yield stream


def _raw(file: Path) -> BufferedReader[Any]:
    if str(file) == "-":
        return BufferedReader(FileIO(sys.stdin.fileno(), closefd=False), HEAD)
    try:
        return BufferedReader(FileIO(file), HEAD)
    except OSError as error:
        raise click.FileError(str(file), hint=error.strerror or str(error)) from error


def _damaged(file: Path, error: Exception) -> Rejected:
    reason = f"the file is damaged: {error}; what stood before the damage was read."
    return Rejected(reason, "copy it again", b"", Position(str(file), None, 0))


def sources(
    files: Sequence[Path], format_name: str, map_file: Path | None, start: datetime | None
) -> Sources:
    """Gather what `source_options` parsed."""
    aware = start.replace(tzinfo=UTC) if start is not None and start.tzinfo is None else start
    return Sources(tuple(files), format_name, map_file, aware)
