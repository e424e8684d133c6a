"""How fast an economy is drawn, as a ratio to Polars writing the same rows in the same run."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable

import pytest

from commonmode.economy import Economy

pytestmark = pytest.mark.benchmark

AGENTS = int(os.environ.get("COMMONMODE_BENCHMARK_AGENTS", "10000"))
EVENTS = int(os.environ.get("COMMONMODE_BENCHMARK_EVENTS", "500000"))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_drawing_lines_against_polars_writing_the_same_rows(
    record_property: Callable[[str, object], None],
) -> None:
    economy = Economy(seed=1, agents=AGENTS, events=EVENTS)
    frames = list(economy.frames())

    bare = timed(lambda: [frame.write_ndjson(io.BytesIO()) for frame in frames])
    columns = timed(lambda: sum(frame.height for frame in economy.frames()))
    lines = timed(lambda: sum(len(some) for some in economy.lines()))
    again = timed(lambda: [frame.write_ndjson(io.BytesIO()) for frame in frames])

    # The machine may be busier at one moment than at another.
    reference = (bare + again) / 2
    figures = {
        "drawn as columns, events/s": EVENTS / columns,
        "drawn and written as lines, events/s": EVENTS / lines,
        "Polars write_ndjson of ready rows, events/s": EVENTS / reference,
        "ratio lines : write_ndjson": reference / lines,
    }
    for name, figure in figures.items():
        record_property(name, figure)
        print(f"{name}: {figure:,.3g}" if figure < 100 else f"{name}: {figure:,.0f}")  # noqa: T201
