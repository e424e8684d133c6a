"""The shape of a format: it recognises itself, says what it fills, and reads records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO, ClassVar

from msgspec import Struct

from commonmode.events import Event, MalformedEventError, Position, Redaction, Rejected
from commonmode.formats.lines import (
    KEPT,
    LONGEST,
    Block,
    Line,
    blocks_of_lines,
    numbered_lines,
    split,
)

Reader = Callable[[bytes], Iterable[Event]]
"""One record's bytes → its events; raises `MalformedEventError`."""


class ReadOptions(Struct, frozen=True, kw_only=True):
    """What the user says about a log that does not say it itself.

    Parameters
    ----------
    start : datetime
        Time of the first event of a log without times; the others follow a second apart.
    redaction : Redaction, optional
        Takes texts and secrets out of every record before anybody else sees it.
    """

    start: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    redaction: Redaction | None = None


class UnknownFormatError(ValueError):
    """No format recognises a log."""


class DamagedLogError(ValueError):
    """A log cannot be read on: what it is in is broken, not one record of it."""


class Format(ABC):
    """A foreign log format, read record by record.

    A record that cannot be read is yielded as `Rejected` with its bytes and place;
    the records around it are not touched by it.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line for people."""
    looks_for: ClassVar[str]
    """What `recognises` looks for, in words."""
    fills: frozenset[str]
    """The fields that this format can fill; which detectors may run follows from it."""
    begins: ClassVar[bytes] = b""
    """The bytes that it begins with, where it is no text."""
    reads_from_end: ClassVar[bool] = False
    """Whether its streams have to be seekable."""
    is_wire_form: ClassVar[bool] = False
    """Whether its records are lines in the wire form of `commonmode.events`."""
    in_blocks: bool = True
    """Whether a record is read alike whatever stood before it, so that blocks can be read apart."""

    def opens(self, head: bytes) -> bool:
        """Tell whether a log that begins so is of this format, where it is no text."""
        return bool(self.begins) and head.startswith(self.begins)

    @abstractmethod
    def recognises(self, record: dict[str, Any]) -> bool:
        """Tell whether a decoded record is of this format."""

    @abstractmethod
    def reader(self, name: str, options: ReadOptions) -> Reader:
        """Return a function that turns the records of the file `name`, in order, into events."""

    def records(self, stream: BinaryIO) -> Iterator[Line]:
        """Split a stream into records; a line each unless the format overrides it."""
        return numbered_lines(stream)

    def may_pass(self, options: ReadOptions) -> bool:
        """Tell whether a line that is a clean event may go as it came, read by nobody else.

        It may not where something is to be taken out of it.
        """
        return self.is_wire_form and options.redaction is None

    def blocks(self, stream: BinaryIO, size: int) -> Iterator[Block]:
        """Cut a stream into blocks of about `size` bytes, where `in_blocks`."""
        return blocks_of_lines(stream, size)

    def records_in(self, block: Block) -> Iterator[Line]:
        """Split a block into records, numbered as in the whole stream."""
        return numbered_lines(BytesIO(block.content), first=block.first)

    def lines_in(self, block: Block) -> list[bytes] | None:
        """Return all lines of a block at once, numbered from its first; None where it cannot.

        A blank line is no record.
        """
        return split(block)

    def read(
        self, stream: BinaryIO, name: str, options: ReadOptions | None = None
    ) -> Iterator[Event | Rejected]:
        """Yield the events of a stream, and a `Rejected` for each record that is none.

        Parameters
        ----------
        stream : binary file
            The log, decompressed.
        name : str
            What to call it in positions: the path, or ``-``.
        options : ReadOptions, optional
            What the log does not say itself.
        """
        return (record for _, record in self.numbered(stream, name, options))

    def numbered(
        self, stream: BinaryIO, name: str, options: ReadOptions | None = None
    ) -> Iterator[tuple[int, Event | Rejected]]:
        """Yield the same as `read`, each with the number of the line it was read from."""
        return self._numbered(self.records(stream), name, options)

    def numbered_in(
        self, block: Block, name: str, options: ReadOptions | None = None
    ) -> Iterator[tuple[int, Event | Rejected]]:
        """Yield the same as `numbered`, of one block."""
        return self._numbered(self.records_in(block), name, options)

    def _numbered(
        self, records: Iterator[Line], name: str, options: ReadOptions | None
    ) -> Iterator[tuple[int, Event | Rejected]]:
        options = options or ReadOptions()
        read, redaction = self.reader(name, options), options.redaction
        for number, text, whole in records:
            try:
                if not whole:
                    raise _too_long()
                for event in read(text):
                    yield number, redaction.event(event) if redaction else event
            except MalformedEventError as error:
                refused = Rejected(error.reason, error.hint, text, Position(name, None, number))
                yield number, redaction.rejected(refused) if redaction else refused


def _too_long() -> MalformedEventError:
    msg = f"needed a record of at most {LONGEST:,} bytes; found a longer one."
    return MalformedEventError(msg, f"its first {KEPT:,} bytes are kept")
