"""Lines and documents of a stream, in bounded memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

from commonmode.formats.lines import KEPT, Line, numbered_documents


class Endless(io.RawIOBase):
    """A document of many lines, none of them in memory before it is read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        super().__init__()
        self._lines = lines

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        line = next(self._lines, b"")
        into[: len(line)] = line
        return len(line)


def test_a_document_that_is_too_long_is_not_held_and_its_first_bytes_are_kept() -> None:
    lines = chain([b"{\n"], repeat(b'"a": 1,\n' * 500, 5_000))
    tracemalloc.start()
    try:
        [document] = numbered_documents(io.BufferedReader(Endless(lines)), longest=2**20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (document.number, document.whole, len(document.text)) == (1, False, KEPT)
    assert document.text.startswith(b'{\n"a": 1,')
    assert peak < 4 * 2**20


def test_what_stands_before_a_document_keeps_its_lines() -> None:
    stream = io.BytesIO(b'{"a": 1}\n\n[\n{}\n]\n')

    assert list(numbered_documents(stream)) == [
        Line(1, b'{"a": 1}', whole=True),
        Line(3, b"[\n{}\n]", whole=True),
    ]
