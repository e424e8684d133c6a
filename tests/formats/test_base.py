"""Whatever the format: a bad record is refused alone, with its bytes and its place."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.events import Rejected
from commonmode.formats import FORMATS, Format, Mapped
from commonmode.formats.lines import blocks_of_lines, numbered_lines

MAP = '[[event]]\nkind = "task_ended"\nid = "id"\nat = "at"\nagent = "agent"'
TEXTS = (*(form for form in FORMATS if not form.begins), Mapped(MAP))
LINES = [
    b'{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}',
    b'\xef\xbb\xbf{"id":"2","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"b"}\r',
    b'{"specversion":"1.0","type":"task_ended","source":"a","id":"3","data":{"at":"2026-01-01T00:00:00Z"}}',
    b"",
    b"\r",
]


@pytest.mark.parametrize("form", TEXTS, ids=lambda form: form.name)
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_bytes_stop_a_format_or_vanish_in_it(form: Format, chunks: list[bytes]) -> None:
    stream = b"\n".join(chunks)
    lines = [line.text for line in form.records(BytesIO(stream))]
    refused = [r.payload for r in form.read(BytesIO(stream), "log") if isinstance(r, Rejected)]

    assert refused == lines


@pytest.mark.parametrize(
    "form", [form for form in TEXTS if form.in_blocks], ids=lambda form: form.name
)
@given(st.lists(st.sampled_from(LINES) | st.binary(max_size=40), max_size=12), st.integers(1, 99))
def test_a_log_cut_into_blocks_reads_as_the_whole_log(
    form: Format, some: list[bytes], size: int
) -> None:
    log = b"\n".join(some)
    whole = list(form.numbered(BytesIO(log), "log"))
    cut = [record for b in form.blocks(BytesIO(log), size) for record in form.numbered_in(b, "log")]

    assert cut == whole


def test_a_line_too_long_is_refused_alike_in_a_block_and_the_next_is_numbered_on() -> None:
    stream = BytesIO(b"a\n" + b"x" * 300 + b"\nb\n")
    cut = [
        line
        for block in blocks_of_lines(stream, size=10, longest=100)
        for line in numbered_lines(BytesIO(block.content), 100, block.first)
    ]

    assert [(line.number, line.whole) for line in cut] == [(1, True), (2, False), (3, True)]


def test_a_refused_line_knows_its_file_and_number() -> None:
    good = b'{"id":"1","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}'
    log = good + b"\n\nnot json\n" + good
    read = list(FORMATS[-1].read(BytesIO(log), "runs.jsonl"))

    assert [isinstance(record, Rejected) for record in read] == [False, True, False]
    assert isinstance(read[1], Rejected)
    assert str(read[1].position) == "runs.jsonl:3"
    assert read[1].payload == b"not json"


def test_a_line_without_end_is_cut_and_the_next_is_read() -> None:
    lines = list(numbered_lines(BytesIO(b"x" * 300_000 + b"\nshort\n"), longest=100_000))

    assert [(line.number, line.whole) for line in lines] == [(1, False), (2, True)]
    assert lines[1].text == b"short"


def test_a_line_of_just_the_longest_length_is_whole() -> None:
    assert [line.whole for line in numbered_lines(BytesIO(b"x" * 10), longest=10)] == [True]
