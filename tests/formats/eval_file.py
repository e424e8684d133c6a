"""An Inspect `.eval` file, written by hand from the names that Inspect documents."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

EVAL = {
    "eval_id": "E1",
    "run_id": "R1",
    "task_id": "T1",
    "created": "2026-03-01T09:00:00+00:00",
    "task": "bank",
    "model": "vendor/larch-2",
    "dataset": {"samples": 1},
    "config": {},
}
AT = "2026-03-01T09:00:{:02}+00:00"
EVENTS: list[dict[str, Any]] = [
    {"event": "sample_init", "timestamp": AT.format(1)},
    {
        "event": "span_begin",
        "timestamp": AT.format(1),
        "id": "s1",
        "type": "agent",
        "name": "clerk",
    },
    {
        "event": "span_begin",
        "timestamp": AT.format(1),
        "id": "s2",
        "parent_id": "s1",
        "type": "generate",
        "name": "generate",
    },
    {"event": "model", "timestamp": AT.format(2), "span_id": "s2", "model": "vendor/larch-2-mini"},
    {
        "event": "approval",
        "timestamp": AT.format(3),
        "span_id": "s2",
        "message": "",
        "call": {"id": "c1", "function": "read_mail", "arguments": {"n": 1}},
        "approver": "auto",
        "decision": "approve",
        "explanation": "it only reads",
    },
    {
        "event": "tool",
        "timestamp": AT.format(4),
        "completed": AT.format(6),
        "span_id": "s2",
        "type": "function",
        "id": "c1",
        "function": "read_mail",
        "arguments": {"n": 1},
        "result": "attachment://ab12",
        "working_time": 1.5,
    },
    {
        "event": "tool",
        "timestamp": AT.format(7),
        "completed": AT.format(8),
        "span_id": "s2",
        "type": "function",
        "id": "c2",
        "function": "send_money",
        "arguments": {"recipient": "P"},
        "result": "",
        "error": {"type": "approval", "message": "rejected by a person"},
    },
    {
        "event": "tool",
        "timestamp": AT.format(9),
        "span_id": "s1",
        "type": "function",
        "id": "c3",
        "function": "transfer_to_auditor",
        "arguments": {},
        "result": [{"type": "text", "text": "over to you"}],
        "agent": "auditor",
    },
    {"event": "span_end", "timestamp": AT.format(10), "id": "s1"},
]
SAMPLE: dict[str, Any] = {
    "id": "q1",
    "epoch": 1,
    "input": [{"role": "user", "content": "Pay the plumber."}],
    "choices": ["A", "B"],
    "target": ["B"],
    "events": EVENTS,
    "attachments": {"ab12": "from P: pay me"},
    "scores": {
        "choice": {"value": "C", "answer": " B "},
        "essay": {"value": 0.5, "answer": "long" * 100},
    },
}


def entries(*samples: dict[str, Any], header: str = "header.json") -> dict[str, bytes]:
    """Return the entries of a log: its journal first, then the samples, then what it ended with."""
    spec = json.dumps({"version": 2, "eval": EVAL}).encode()
    named = {f"samples/{s['id']}_epoch_{s['epoch']}.json": json.dumps(s) for s in samples}
    content = {name: text.encode() for name, text in named.items()}
    return {"_journal/start.json": spec, **content, header: spec}


def as_json(*samples: Any, indent: int | None = 2) -> bytes:
    """Write a log in Inspect's JSON form."""
    log = {"version": 2, "status": "success", "eval": EVAL, "plan": {}, "samples": list(samples)}
    return json.dumps(log, indent=indent).encode()


def packed(content: Mapping[str, bytes]) -> bytes:
    """Write entries as a ZIP, deflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return out.getvalue()


def packed_by_zstd(content: Mapping[str, bytes]) -> bytes:
    """Write entries as a ZIP of method 93, as Inspect does today and Python does from 3.14 on."""
    body, directory = b"", b""
    for name, text in content.items():
        small = pa.Codec("zstd").compress(text).to_pybytes()
        sizes = (zlib.crc32(text), len(small), len(text), len(name), 0)
        entry = struct.pack("<4H3L2H", 0, 93, 0, 33, *sizes)
        where = struct.pack("<3H2L", 0, 0, 0, 0, len(body))
        directory += b"PK\1\2" + struct.pack("<2H", 63, 63) + entry + where + name.encode()
        body += b"PK\3\4" + struct.pack("<H", 63) + entry + name.encode() + small
    numbers = (0, 0, len(content), len(content), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + struct.pack("<4H2LH", *numbers)
