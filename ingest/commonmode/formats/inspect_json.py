"""An Inspect log in its JSON form → a line for each thing that happened in its samples.

The file is one object: ``eval`` says what was run, ``samples`` holds the samples.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from commonmode.formats.base import DamagedLogError, UnknownFormatError
from commonmode.formats.inspect_sample import LARGEST, any_json, lines_of, log_of
from commonmode.formats.lines import Line

_BEGINS = re.compile(
    rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*(?:"status"\s*:\s*"\w+"\s*,\s*)?"eval"\s*:\s*\{'
)


class _Log(msgspec.Struct):
    """The parts of a log, as bytes: the samples are decoded one at a time."""

    eval: msgspec.Raw
    samples: list[msgspec.Raw] = []


def begins(head: bytes) -> bool:
    """Tell whether a log begins as Inspect begins one.

    Examples
    --------
    >>> begins(b'{"version": 2, "status": "success", "eval": {'), begins(b'{"eval": {"a": 1}}')
    (True, False)
    """
    return bool(_BEGINS.match(head))


def lines(stream: BinaryIO) -> Iterator[Line]:
    """Yield what happened in a log, numbered from 1, sample by sample.

    Raises
    ------
    UnknownFormatError
        When it is too large, or does not say what was run.
    DamagedLogError
        When it is no JSON, or breaks off.
    """
    text = stream.read(LARGEST + 1)
    if len(text) > LARGEST:
        msg = (
            f"needed an Inspect log in JSON of at most {LARGEST:,} bytes; found a longer one. "
            "Hint: `inspect log convert --to eval` writes one that is read sample by sample."
        )
        raise UnknownFormatError(msg)
    parts = _parts(text)
    log = log_of(any_json(bytes(parts.eval)))
    if log is None:
        msg = "needed an Inspect log whose `eval` is an object."
        raise UnknownFormatError(msg)
    named = ((f"samples[{i}]", bytes(sample)) for i, sample in enumerate(parts.samples))
    yield from lines_of(named, log)


def _parts(text: bytes) -> _Log:
    try:
        return msgspec.json.decode(text, type=_Log)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        # As Python writes JSON, it may hold NaN.
        whole = any_json(text)
        if not isinstance(whole, dict):
            raise DamagedLogError(" ".join(str(error).split())) from error
        samples = whole.get("samples")
        return _Log(
            _raw(whole.get("eval")), [_raw(s) for s in samples] if isinstance(samples, list) else []
        )


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())
