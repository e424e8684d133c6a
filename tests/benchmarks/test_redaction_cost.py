"""What redaction costs before anything is stored, as a ratio to laying the same lines out without.

Half of the lines are actions of an economy; the other half are pages of prose that an agent read.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice

import pytest

from commonmode.economy import Economy
from commonmode.events import LEVELS, ContentObserved, Redaction, encode
from commonmode.formats import ReadOptions, get
from commonmode.formats.lines import Block
from commonmode.formats.sheet import sheet_of

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

LINES = 10_000
PROSE = (
    "The clerk of unit 7 wrote to the buyer about 12 crates, due on 2026-03-04, at 3.50 each. " * 20
)


def block() -> Block:
    acts = list(islice(Economy(seed=1, agents=300, events=LINES), LINES // 2))
    pages = [
        ContentObserved(id=f"page-{n}", at=act.at, agent=act.agent, content=f"Page {n}. {PROSE}")
        for n, act in enumerate(acts)
    ]
    return Block(1, b"\n".join(map(encode, [*acts, *pages])))


def cpu_seconds(content: Block, options: ReadOptions) -> float:
    form = get("canonical")
    start = time.process_time()
    assert sheet_of(form, content, "log", options).records == LINES
    return time.process_time() - start


def best(content: Block, options: ReadOptions, looks: Sequence[int] = range(3)) -> float:
    return min(cpu_seconds(content, options) for _ in looks)


def test_what_redaction_costs() -> None:
    content = block()
    plain = best(content, ReadOptions())

    for level in LEVELS:
        spent = best(content, ReadOptions(redaction=Redaction(level, b"k" * 32)))
        print(  # noqa: T201  figures are what a benchmark is for
            f"redact {level}: {spent / plain:.1f} times the CPU of none; "
            f"{LINES / spent:,.0f} lines a CPU second, {len(content.content) / spent / 1e6:.1f} MB"
        )
