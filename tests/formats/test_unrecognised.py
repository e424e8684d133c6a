"""A log that no format recognises is answered with what makes it readable."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from commonmode.formats import UnknownFormatError, detect
from commonmode.formats.unrecognised import DESCRIBE, hint


def a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("run.json", "{}")
    return out.getvalue()


def a_tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("run.json"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (a_zip(), "ZIP archive: unpack it"),
        (a_tar(), "tar archive: unpack it"),
        (b'[\n  {"name": "span"}\n]', "[log] each = '@'"),
        (b"model,accuracy\ngpt,0.7\n", "read_csv('log')"),
        (b"what is this, now?\n", "--map FILE"),
        (b'{"level": "info", "n": 1}\n{"level": "info", "n": 2}\n', "with --source-format"),
    ],
)
def test_the_error_says_what_to_do_with_such_a_file(head: bytes, said: str) -> None:
    with pytest.raises(UnknownFormatError) as caught:
        detect(head, "log")

    assert said in str(caught.value)


def test_prose_with_a_comma_is_not_taken_for_csv() -> None:
    assert hint(b"what is this, now?\nnothing\n", "log") == DESCRIBE
