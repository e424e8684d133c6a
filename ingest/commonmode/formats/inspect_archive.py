"""An Inspect `.eval` file → a line for each thing that happened in its samples.

The file is a ZIP: ``header.json`` (``_journal/start.json`` until the run has ended) says what was
run, ``samples/ID_epoch_N.json`` holds one sample each. A line says all that its reader needs, so
that one that is refused is refused alone, and can be read again by itself.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa

from commonmode.formats.base import DamagedLogError, UnknownFormatError
from commonmode.formats.lines import KEPT, LONGEST, Line

HEADERS = ("header.json", "_journal/start.json")
LARGEST = 512 * 2**20
"""Bytes of one sample that are read."""

_SAMPLE = re.compile(r"samples/.+_epoch_\d+(\.json|/sample\.json)")
_TOLD = ("tool", "approval")
"""Kinds of Inspect's events that say what an agent did or an approver decided."""
_ATTACHED = "attachment://"
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

Json = dict[str, Any]


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
        numbers = count(1)
        for member in archive.infolist():
            if _SAMPLE.fullmatch(member.filename):
                for text in _texts(archive, member, log):
                    whole = len(text) <= LONGEST
                    yield Line(next(numbers), text if whole else text[:KEPT], whole)


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
    spec = _decoded(_read(archive, archive.getinfo(header))) if header else None
    said = spec.get("eval") if isinstance(spec, dict) else None
    if not isinstance(said, dict):
        msg = (
            f"needed an Inspect log with {' or '.join(HEADERS)}; found "
            f"{', '.join(names[:5]) or 'nothing'}. Hint: unpack it, and give the files in it."
        )
        raise UnknownFormatError(msg)
    run = said.get("eval_id") or f"{said.get('run_id')}/{said.get('task_id')}"
    return {"run": run, **{name: said.get(name) for name in ("task", "model", "created")}}


def _texts(archive: zipfile.ZipFile, member: zipfile.ZipInfo, log: Json) -> Iterator[bytes]:
    """Yield the lines of one sample; of one that cannot be read, its first bytes."""
    raw = b"" if member.file_size > LARGEST else _read(archive, member)
    sample = _decoded(raw)
    unread = f"{member.filename}: ".encode() + raw[:KEPT]
    if not isinstance(sample, dict) or not isinstance(sample.get("events", []), list):
        yield unread
        return
    try:
        for told in Sample(sample).told():
            yield msgspec.json.encode({"inspect": log, **told})
    except RecursionError:
        yield unread


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


def _decoded(raw: bytes) -> Any:
    """Return JSON as Python writes it, which may hold NaN; None where it is none."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            return None


class Sample:
    """One sample: its spans, its attachments, and what its events say of whom."""

    def __init__(self, sample: Json) -> None:
        self._sample = sample
        self._events = [e for e in sample.get("events", []) if isinstance(e, dict)]
        self._spans = {
            span.get("id"): span for span in self._events if span.get("event") == "span_begin"
        }
        attached = sample.get("attachments")
        self._attached: Json = attached if isinstance(attached, dict) else {}
        self._models: dict[str | None, Any] = {}
        self._steps = count()

    def told(self) -> Iterator[Json]:
        """Yield its beginning, each action and approval, and its end."""
        times = [e["timestamp"] for e in self._events if isinstance(e.get("timestamp"), str)]
        yield self._line("begin", self._kept("input", "started_at"), at=next(iter(times), None))
        for number, event in enumerate(self._events):
            agent = self._agent_of(event)
            if event.get("event") == "model" and event.get("model"):
                self._models[agent] = event["model"]
            if event.get("event") in _TOLD:
                yield self._line(number, event, role=agent, model=self._models.get(agent))
        kept = self._kept("scores", "target", "choices", "error", "completed_at")
        yield self._line("end", kept, at=next(reversed(times), None))

    def _kept(self, *names: str) -> Json:
        return {name: self._sample[name] for name in names if name in self._sample}

    def _line(self, number: int | str, event: Json, **more: Any) -> Json:
        name = {"id": self._sample.get("id"), "epoch": self._sample.get("epoch", 1)}
        line = {"sample": name, "number": number, "event": self._whole(event), **more}
        match event.get("event"):
            case "tool":
                line["step"] = next(self._steps)
            case "approval" if isinstance(number, int):
                line["of"] = self._call_after(number, event.get("call"))
        return line

    def _call_after(self, number: int, call: Any) -> int | None:
        """Return the number of the event that an approval let happen, where it did."""
        wanted = call.get("id") if isinstance(call, Mapping) else None
        later = enumerate(self._events[number:], number)
        return next(
            (n for n, e in later if e.get("event") == "tool" and e.get("id") == wanted), None
        )

    def _agent_of(self, event: Json) -> str | None:
        """Return the name of the innermost agent's span around an event."""
        span, seen = self._spans.get(event.get("span_id")), set[Any]()
        while span is not None and span.get("id") not in seen:
            if span.get("type") == "agent" and isinstance(span.get("name"), str):
                return str(span["name"])
            seen.add(span.get("id"))
            span = self._spans.get(span.get("parent_id"))
        return None

    def _whole(self, value: Any) -> Any:
        """Return a value with its attachments put back in."""
        if isinstance(value, str):
            named = value.removeprefix(_ATTACHED)
            return value if named == value else self._attached.get(named, value)
        if isinstance(value, Mapping):
            return {key: self._whole(each) for key, each in value.items()}
        if isinstance(value, Sequence):
            return [self._whole(each) for each in value]
        return value
