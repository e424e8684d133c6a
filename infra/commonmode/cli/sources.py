"""The logs a verb reads, as its options name them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from msgspec import Struct
from rich.text import Text

from commonmode.cli.log_file import Log, is_written_live
from commonmode.cli.log_readers import (
    WORTH_IT,
    Piece,
    parcels_of,
    pieces,
    read_all,
    sheets_of,
    size_of,
)
from commonmode.cli.output import errors, plain
from commonmode.detectors import ALL
from commonmode.events import FIELDS, Event, Redaction, Rejected
from commonmode.formats import FORMATS, Format, Mapped, ReadOptions, get
from commonmode.formats.parcel import Parcel, pack
from commonmode.formats.sheet import Sheet, gathered, sheets

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

PARCEL, SHEET = 2**20, 8 * 2**20
"""Bytes of a log that are sent, and stored, at once."""


class Sources(Struct, frozen=True):
    """What to read and how: the arguments that `pipe` and `load` share."""

    files: tuple[Path, ...]
    format_name: str = "auto"
    map_file: Path | None = None
    start: datetime | None = None
    redaction: Redaction | None = None

    def logs(self) -> list[Log]:
        """Return every log with its format; say on standard error what they are.

        Files on disk are all recognised before the first is read.
        What is read as it is written is recognised by its first line, when that comes.

        Raises
        ------
        UnknownFormatError, MapError
            When a file's format is not recognised, or the map is wrong.
        click.UsageError
            When there is no such file, or it may not be read.
        """
        options, form = self.options(), self.named()
        logs = [Log(file, options, form) for file in self.files or (Path("-"),)]
        found = [log if is_written_live(log.file) else log.recognised() for log in logs]
        told = [log for log in found if not log.is_blank]
        for form in dict.fromkeys(log.form for log in told if log.form is not None):
            announce(form, _names([str(log.file) for log in told if log.form == form]))
        if blank := [str(log.file) for log in found if log.is_blank]:
            errors.print(Text(plain(f"{_names(blank)}: empty")))
        return found

    def read(self) -> Iterator[Event | Rejected]:
        """Yield the events of every log in turn; see `logs`."""
        for log in self.logs():
            yield from log.read(announce)

    def parcels(self) -> Iterator[Parcel]:
        """Yield the records of every log, ready to be sent; see `logs`.

        What is read as it is written is handed on record by record.
        """
        live, stored = _parted(self.logs())
        # To check a line takes less than to hand it from process to process.
        passing = [log for log in stored if log.may_pass]
        yield from chain.from_iterable(map(parcels_of, pieces(passing, PARCEL)))
        yield from _read(parcels_of, [log for log in stored if not log.may_pass], PARCEL)
        for log in live:
            yield from pack(log.numbered(announce), str(log.file), most=1)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the records of every log, ready to be stored; see `logs`."""
        live, stored = _parted(self.logs())
        yield from gathered(_read(sheets_of, stored, SHEET))
        for log in live:
            yield from sheets(log.numbered(announce), str(log.file))

    def options(self) -> ReadOptions:
        """Return what the logs do not say themselves."""
        options = ReadOptions(redaction=self.redaction)
        return msgspec.structs.replace(options, start=self.start) if self.start else options

    def named(self) -> Format | None:
        """Return the format that was named, or described by a map; None where none was.

        Raises
        ------
        MapError
            When the map is wrong.
        """
        if self.map_file is not None:
            return Mapped(self.map_file.read_text(encoding="utf-8"), str(self.map_file))
        return None if self.format_name == "auto" else get(self.format_name)


def _parted(logs: Sequence[Log]) -> tuple[list[Log], list[Log]]:
    """Part logs into those that are read as they are written and those on disk."""
    live = [log for log in logs if is_written_live(log.file)]
    return live, [log for log in logs if not is_written_live(log.file)]


def _read(read: Callable[[Piece], Iterator[T]], logs: Sequence[Log], size: int) -> Iterator[T]:
    """Read logs on disk; by processes where that is quicker."""
    some = pieces(logs, size)
    if size_of(logs) >= WORTH_IT:
        return read_all(read, some)
    return chain.from_iterable(map(read, some))


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def source_options(function: F) -> F:
    """Add ``[FILES]…`` and what `format_options` adds."""
    files = click.argument("files", nargs=-1, type=click.Path(path_type=Path))
    return files(format_options(function))


def format_options(function: F) -> F:
    """Add ``--source-format``, ``--map`` and ``--start``."""
    names = ["auto", *(form.name for form in FORMATS)]
    options = (
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
            help="TOML that maps any other JSON, a JMESPath expression a field.",
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
    """Say which format a file is in, what it cannot fill, and what detectors go without."""
    lacks = {d.name: sorted(set(d.columns()) - {"kind"} - form.fills) for d in ALL}
    able = [name for name, gaps in lacks.items() if not gaps]
    missing = sorted(FIELDS.keys() - form.fills - {"extra"})
    lines = [f"{name}: {form.name} — fills {len(form.fills)} of {len(FIELDS)} fields"]
    if missing:
        lines.append(f"  not in this format: {', '.join(missing)}")
    if able:
        lines.append(f"  every column of: {', '.join(able)}")
    lines += [f"  {name} goes without: {', '.join(gaps)}" for name, gaps in lacks.items() if gaps]
    errors.print(Text(plain("\n".join(lines))))


def sources(
    files: Sequence[Path],
    format_name: str,
    map_file: Path | None,
    start: datetime | None,
    redaction: Redaction | None = None,
) -> Sources:
    """Gather what `source_options` parsed."""
    aware = start.replace(tzinfo=UTC) if start is not None and start.tzinfo is None else start
    return Sources(tuple(files), format_name, map_file, aware, redaction)
