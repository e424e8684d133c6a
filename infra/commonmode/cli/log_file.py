"""One log, opened: inflated where it is compressed, recognised, and read to where it breaks off."""

from __future__ import annotations

import gzip
import io
import shutil
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

import click
from msgspec import Struct

from commonmode.events import Event, Position, Rejected
from commonmode.formats import DamagedLogError, Format, ReadOptions, UnknownFormatError, detect
from commonmode.formats.lines import LONGEST, Block

AT_ONCE = 2**20
"""Bytes read at a time."""

_GZIP = b"\x1f\x8b"
_DAMAGE = (EOFError, OSError, zlib.error)
"""What reading on raises where a compressed file is cut or overwritten, or its disk fails."""


class LogStream(io.RawIOBase):
    """The bytes of a log; where it is damaged it ends, and says so in `damage`."""

    def __init__(self, source: io.BufferedReader[Any]) -> None:
        super().__init__()
        self._source: Any = source
        self._head = b""
        self.damage: Exception | None = None
        with suppress(*_DAMAGE):
            if source.peek(2)[:2] == _GZIP:
                self._source = gzip.GzipFile(fileobj=source)

    def readable(self) -> bool:
        """Return true: it is there to be read."""
        return True

    def seekable(self) -> bool:
        """Tell whether one may read on elsewhere; in what is compressed it would take too long."""
        return not isinstance(self._source, gzip.GzipFile) and bool(self._source.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read on elsewhere."""
        if whence == io.SEEK_CUR:
            offset -= len(self._head)
        self._head = b""
        return int(self._source.seek(offset, whence))

    def tell(self) -> int:
        """Return where the next byte stands."""
        return int(self._source.tell()) - len(self._head)

    def readinto(self, into: Any) -> int:
        """Read what there is, up to the room given; 0 at the end, orderly or not."""
        some = self._head[: len(into)] or self._more(len(into))
        self._head = self._head[len(some) :]
        into[: len(some)] = some
        return len(some)

    def _more(self, most: int) -> bytes:
        try:
            return bytes(self._source.read1(most))
        except _DAMAGE as error:
            self.damage = error
            return b""

    def head(self) -> bytes:
        """Return the first lines, which are read again after; waits for no more than one.

        A line that only opens an object is the beginning of a document: then it is all of that.
        """
        while len(self._head) < LONGEST and (more := self._more(AT_ONCE)):
            self._head += more
            first, ended, _ = self._head.lstrip().partition(b"\n")
            if ended and first.strip() != b"{":
                break
        return self._head


@contextmanager
def opened(file: Path) -> Iterator[LogStream]:
    """Open a log, ``-`` being standard input.

    Raises
    ------
    click.UsageError
        When there is no such file, or it may not be read.
    """
    try:
        raw = io.FileIO(sys.stdin.fileno(), closefd=False) if str(file) == "-" else io.FileIO(file)
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror or error}."
        if isinstance(error, IsADirectoryError):
            msg += f" Hint: give the files in it, e.g. {file}/*.jsonl."
        raise click.UsageError(msg) from error
    with io.BufferedReader(raw, AT_ONCE) as source:
        yield LogStream(source)


@contextmanager
def _content(stream: LogStream, form: Format, file: Path) -> Iterator[BinaryIO]:
    """Give what a format reads: where it reads from the end and that cannot be, a copy on disk."""
    content = cast("BinaryIO", io.BufferedReader(stream, AT_ONCE))
    with TemporaryFile() as copy:
        if form.reads_from_end and not stream.seekable():
            shutil.copyfileobj(content, copy)
            copy.seek(0)
            content = cast("BinaryIO", copy)
        try:
            yield content
        except DamagedLogError as error:
            stream.damage = stream.damage or error
        except UnknownFormatError as error:
            msg = f"{file}: {error}"
            raise UnknownFormatError(msg) from error


def is_written_live(file: Path) -> bool:
    """Tell what is read as it is written, once, from a file on disk."""
    if str(file) == "-":
        return True
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


OnRecognised = Callable[[Format, str], None]
"""Called with the format of a log, and its name."""


def _silent(_form: Format, _name: str) -> None:
    pass


class Log(Struct, frozen=True):
    """A log and how to read it.

    Parameters
    ----------
    file : path
        Where it is.
    options : ReadOptions
        What it does not say itself.
    form : Format, optional
        Its format; recognised when it is opened, where it is not given.
    is_blank : bool
        Whether it was opened and nothing is in it.
    """

    file: Path
    options: ReadOptions
    form: Format | None = None
    is_blank: bool = False

    def read(self, on_recognised: OnRecognised = _silent) -> Iterator[Event | Rejected]:
        """Yield its events; see `numbered`."""
        return (record for _, record in self.numbered(on_recognised))

    def numbered(
        self, on_recognised: OnRecognised = _silent
    ) -> Iterator[tuple[int, Event | Rejected]]:
        """Yield its events and their lines; of a damaged file those before, then what happened.

        Parameters
        ----------
        on_recognised : callable, optional
            Called where the format was not known before.

        Raises
        ------
        UnknownFormatError
            When no format recognises it.
        """
        with opened(self.file) as stream:
            form = self.form
            if form is None:
                head = stream.head()
                form = detect(head, str(self.file))
                if head.strip():
                    on_recognised(form, str(self.file))
            with _content(stream, form, self.file) as content:
                yield from form.numbered(content, str(self.file), self.options)
            if stream.damage is not None:
                yield 0, _damaged(self.file, stream.damage)

    def blocks(self, size: int) -> Iterator[Block | Rejected]:
        """Yield it in blocks; of a damaged file those before, then what happened.

        Its format is known, and one whose blocks can be read apart.
        """
        assert self.form is not None  # noqa: S101  its format is known
        with opened(self.file) as stream:
            with _content(stream, self.form, self.file) as content:
                yield from self.form.blocks(content, size)
            if stream.damage is not None:
                yield _damaged(self.file, stream.damage)

    @property
    def may_pass(self) -> bool:
        """Whether its clean lines may go as they came, where its format is known."""
        return self.form is not None and self.form.may_pass(self.options)

    def recognised(self) -> Log:
        """Return it with its format."""
        if self.form is not None:
            return self
        with opened(self.file) as stream:
            head = stream.head()
        return Log(self.file, self.options, detect(head, str(self.file)), not head.strip())


def _damaged(file: Path, error: Exception) -> Rejected:
    reason = f"the file is damaged: {error}; what stood before the damage was read."
    return Rejected(reason, "copy it again", b"", Position(str(file), None, 0))
