"""Bytes → numbered lines, or blocks of them, however long, broken or unended they are."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import deque
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


class Block(NamedTuple):
    """Some records of a log that can be read without the others, and the number of the first."""

    first: int
    content: bytes


def numbered_lines(stream: BinaryIO, longest: int = LONGEST, first: int = 1) -> Iterator[Line]:
    r"""Yield the non-blank lines of a stream, numbered from `first`, in bounded memory.

    Examples
    --------
    >>> from io import BytesIO
    >>> [(n, text) for n, text, whole in numbered_lines(BytesIO(b"a\r\n\nb"))]
    [(1, b'a'), (3, b'b')]
    """
    number = first - 1
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


def numbered_documents(stream: BinaryIO, longest: int = LONGEST) -> Iterator[Line]:
    r"""Yield a line each, or all that is left where a line only opens an object or a list.

    Examples
    --------
    >>> from io import BytesIO
    >>> [text for _, text, _ in numbered_documents(BytesIO(b'{"a": 1}\n{\n"a": 2\n}\n'))]
    [b'{"a": 1}', b'{\n"a": 2\n}']
    """
    lines = numbered_lines(stream, longest)
    for line in lines:
        yield _to_the_end(line, lines, longest) if line.text.strip() in _OPENINGS else line


_OPENINGS = (b"{", b"[")


def _to_the_end(first: Line, lines: Iterator[Line], longest: int) -> Line:
    """Return a line and all after it as one; of what is too long no more is held than is kept."""
    held = bytearray(first.text)
    for line in lines:
        held += b"\n" + line.text
        if len(held) > longest or not line.whole:
            deque(lines, maxlen=0)
            return Line(first.number, bytes(held[:KEPT]), whole=False)
    return Line(first.number, bytes(held), whole=True)


def blocks_of_lines(stream: BinaryIO, size: int, longest: int = LONGEST) -> Iterator[Block]:
    r"""Cut a stream into whole lines, about `size` bytes of them at a time.

    Of a line that is too long the beginning is there, one byte more than `longest` at least.

    Examples
    --------
    >>> from io import BytesIO
    >>> list(blocks_of_lines(BytesIO(b"a\nb\nc"), size=2))
    [Block(first=1, content=b'a\n'), Block(first=2, content=b'b\n'), Block(first=3, content=b'c')]
    """
    number = 1
    while content := stream.read(size):
        count = content.count(b"\n")
        if not content.endswith(b"\n"):
            rest = stream.readline(longest + 1)
            content += rest
            count += 1
            if len(rest) > longest and not rest.endswith(b"\n"):
                _skip_rest_of_line(stream)
        yield Block(number, content)
        number += count


def split(block: Block) -> list[bytes] | None:
    r"""Return all lines of a block at once, without their ends; the blank ones too.

    None where one may be too long.

    Examples
    --------
    >>> split(Block(7, b"a\r\n\nb"))
    [b'a', b'', b'b']
    """
    if len(block.content) > LONGEST:
        return None
    content = block.content.removeprefix(BOM_UTF8) if block.first == 1 else block.content
    lines = content.split(b"\n")
    return [line.rstrip(b"\r") for line in lines] if b"\r" in content else lines


def _skip_rest_of_line(stream: BinaryIO) -> None:
    while (more := stream.readline(KEPT)) and not more.endswith(b"\n"):
        pass
