"""A store in which every text that agents write is an attack on whoever reads it."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.dashboard.small_store import START, events, finding

from commonmode.events import (
    ActionTaken,
    AgentRegistered,
    Event,
    FindingRaised,
    MessageSent,
    PermissionGranted,
    Position,
    Rejected,
    to_table,
)
from commonmode.store import Batch, Writer

TEXTS = {
    "html": "<b>bold</b><h1 class=planted>head</h1>",
    "script": "<script>window.ran=1;alert(1)</script>",
    "onerror": "\"><img src=http://evil.example/p.png onerror='window.ran=1'>",
    "svg": "<svg class=planted onload=window.ran=1><a href=javascript:window.ran=1>x</a></svg>",
    "iframe": "<iframe src=http://evil.example/></iframe><style>*{display:none}</style>",
    "markdown image": "![x](http://evil.example/i.png)",
    "markdown link": "[pay](http://evil.example/) <http://evil.example/> http://evil.example/",
    "javascript": "[x](javascript:window.ran=1)",
    "latex": r"$\href{javascript:window.ran=1}{x}$ $$x^2$$ \(y\)",
    "directive": ":red[warn] :material/home: :blue-badge[ok] :streamlit: :rainbow[x]",
    "emoji": ":smile: :skull:",
    "markup": "[bold red]x[/] [link=http://evil.example]y[/link] [/nothing]",
    "chart": "{b}<img src=http://evil.example/c.png onerror=window.ran=1>{c|x}",
    "colour": "\x1b[31mred\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "device": "\x1bPq#0\x1b\\\x1b_x\x1b\\\x1b^x\x1b\\",
    "broken off": "\x1b]52;c;ZXZp",
    "c1": "\x9b31mred\x9d0;owned\x9c\x90q\x9c",
    "bidi": "pay\u202efdp.exe\u2066x\u2069\u200f\u061c",
    "zero width": "ad\u200bm\u200din\ufeff\u2060",
    "lines": "one\ntwo\tthree\rfour\x08\x08\x0b\x0c\u2028five",
    "formula": '=HYPERLINK("http://evil.example")',
    "command": "+1+cmd|' /C calc'!A0",
    "at": "@SUM(1)",
}
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
OBEYED = re.compile(
    "["
    + "".join(
        c
        for c in map(chr, range(sys.maxunicode + 1))
        if unicodedata.bidirectional(c) in DIRECTIONS
        or c in "\u061c\u200e\u200f"
        or (unicodedata.category(c) == "Cc" and c not in "\n\t")
    )
    + "]"
)
"""What a screen obeys instead of showing it: controls, and marks that turn the direction."""
IDS = {name: f"{n:016x}" for n, name in enumerate(TEXTS, 0xE51 << 48)}
"""Name of a text → the finding that is made of it."""


def of_text(n: int, text: str) -> Iterator[Event]:
    """Yield events in which all that can be is the text."""
    at = START + timedelta(minutes=n)
    yield AgentRegistered(
        id=f"hr{n}", at=at, agent=text, family=text, operator=text, model=text, role=text
    )
    yield PermissionGranted(
        id=f"hg{n}", at=at, agent=text, grant=text, resources=["desk/1"], actions=[text]
    )
    yield MessageSent(id=f"hm{n}", at=at, agent=text, recipient=text, content=text)
    for k in range(3):
        yield ActionTaken(
            id=f"ha{n}-{k}",
            at=at + timedelta(seconds=k),
            agent=text,
            family=text,
            operator=text,
            context=f"task/{k}" if k else text,
            action=text,
            choice=text,
            options=3,
            resource=text,
            market=text,
            outcome="error",
            args={text: text, "error": text},
            grant=text,
            extra={text: text},
        )


def finding_of(n: int, finding_id: str, text: str) -> Event:
    """Return a finding in which all that can be is the text."""
    detector = ("monoculture", "collusion", "scope")[n % 3]
    found = finding(
        finding_id,
        detector,
        text,
        text,
        evidence=[f"ha{n}-{k}" for k in range(3)],
        agents=[text, "cedar-1"],
        resources=[text],
        reasons=[text],
        measures={text: 1.0},
        whole={"reason": text, "parameters": {text: text}, "evidence_sql": f"SELECT 1 -- {text}"},
    )
    return FindingRaised(
        id=f"{finding_id}:0",
        at=START + timedelta(hours=8),
        agent=f"commonmode/{detector}",
        finding=found,
    )


def fill(data_dir: Path) -> Path:
    """Make the store among the innocents of the small one; return its data folder."""
    facts = [*events(), *(e for n, text in enumerate(TEXTS.values()) for e in of_text(n, text))]
    facts += [finding_of(n, IDS[name], text) for n, (name, text) in enumerate(TEXTS.items())]
    bad = [
        Rejected(text, text, text.encode(), Position(text, 0, n))
        for n, text in enumerate(TEXTS.values())
    ]
    with Writer(data_dir) as writer:
        writer.append(Batch(events=to_table(facts), rejected=bad))
    return data_dir
