"""An Inspect `.eval` file → a line for each thing that happened in its samples.

The file is a ZIP: ``header.json`` (``_journal/start.json`` until the run has ended) says what was
run, ``samples/ID_epoch_N.json`` holds one sample each.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa

from commonmode.formats.base import DamagedLogError, UnknownFormatError
from commonmode.formats.inspect_sample import LARGEST, any_json, lines_of, log_of
from commonmode.formats.lines import Line
from commonmode.formats.record import Json

HEADERS = ("header.json", "_journal/start.json")
_SAMPLE = re.compile(r"samples/.+_epoch_\d+(\.json|/sample\.json)")
_ZSTD = 93
_LOCAL = struct.Struct("<4s5H3L2H")
"""The header before each entry; the lengths of its name and of what is extra come last."""

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
    pa.ArrowException,
)
"""What a ZIP that is cut, overwritten or packed in an unknown way raises."""


def lines(stream: BinaryIO) -> Iterator[Line]:
    """Yield what happened in a log, numbered from 1, sample by sample.

    Raises
    ------
    UnknownFormatError
        When the ZIP is no log of Inspect's.
    DamagedLogError
        When it cannot be read on.
    """
    with _damage_told(), zipfile.ZipFile(stream) as archive:
        log = _log(archive)
        samples = (each for each in archive.infolist() if _SAMPLE.fullmatch(each.filename))
        yield from lines_of(((each.filename, _content(archive, each)) for each in samples), log)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except UnknownFormatError:
        raise
    except _DAMAGE as error:
        raise DamagedLogError(" ".join(str(error).split())) from error


def _log(archive: zipfile.ZipFile) -> Json:
    """Return what was run: `run`, `task`, `model` and `created`."""
    names = archive.namelist()
    header = next((name for name in HEADERS if name in names), None)
    spec = any_json(_read(archive, archive.getinfo(header))) if header else None
    log = log_of(spec.get("eval")) if isinstance(spec, dict) else None
    if log is None:
        msg = (
            f"needed an Inspect log with {' or '.join(HEADERS)}; found "
            f"{', '.join(names[:5]) or 'nothing'}. Hint: unpack it, and give the files in it."
        )
        raise UnknownFormatError(msg)
    return log


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    return b"" if member.file_size > LARGEST else _read(archive, member)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.compress_type != _ZSTD:
        return archive.read(member)
    # Python reads Zstandard in a ZIP from 3.14 on: Arrow inflates it.
    with pa.CompressedInputStream(pa.BufferReader(_packed(archive, member)), "zstd") as content:
        plain = bytes(content.read(member.file_size))
    if zlib.crc32(plain) != member.CRC:
        msg = f"bad CRC-32 for {member.filename!r}"
        raise zipfile.BadZipFile(msg)
    return plain


def _packed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the bytes of an entry as they stand in the file, behind its local header."""
    assert archive.fp is not None  # noqa: S101  it is open
    archive.fp.seek(member.header_offset)
    header = archive.fp.read(_LOCAL.size)
    *_, name, extra = _LOCAL.unpack(header)
    archive.fp.seek(name + extra, io.SEEK_CUR)
    return archive.fp.read(member.compress_size)
