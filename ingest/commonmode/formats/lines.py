"""Bytes → numbered lines, however long, broken or unended they are."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

LONGEST = 16 * 2**20
"""Bytes of one line that are read; what is longer is refused, not held in memory."""

KEPT = 64 * 2**10
"""Bytes of a refused line that are kept."""


class Line(NamedTuple):
    """One line without its end; `whole` is false where it was cut at `KEPT` bytes."""

    number: int
    text: bytes
    whole: bool


def numbered_lines(stream: BinaryIO, longest: int = LONGEST) -> Iterator[Line]:
    r"""Yield the non-blank lines of a stream, numbered from 1, in bounded memory.

    Examples
    --------
    >>> from io import BytesIO
    >>> [(n, text) for n, text, whole in numbered_lines(BytesIO(b"a\r\n\nb"))]
    [(1, b'a'), (3, b'b')]
    """
    number = 0
    while text := stream.readline(longest + 1):
        number += 1
        if number == 1:
            text = text.removeprefix(BOM_UTF8)
        whole = len(text) <= longest or text.endswith(b"\n")
        if not whole:
            _skip_rest_of_line(stream)
            text = text[:KEPT]
        text = text.rstrip(b"\r\n")
        if text.strip():
            yield Line(number, text, whole)


def _skip_rest_of_line(stream: BinaryIO) -> None:
    while (more := stream.readline(KEPT)) and not more.endswith(b"\n"):
        pass
