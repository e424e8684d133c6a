"""What a run leaves: its findings, beside those of the same events without any disturbance."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.chaos.whole import COMMONMODE

from commonmode.events import Event, encode, to_table
from commonmode.store import Batch, Writer, connect

BATCH_FINDINGS = """
    SELECT finding_id, claim, statistic, effect, p_value, evidence_total, status = 'withdrawn'
    FROM findings WHERE detector IN ('monoculture', 'collusion', 'scope', 'habit')
    AND NOT provisional ORDER BY finding_id
"""
LIVES = """
    SELECT finding->>'finding_id' AS name, (finding->>'provisional')::BOOLEAN AS live,
        list((finding->>'revision')::INT ORDER BY seq) AS revisions,
        list(kind ORDER BY seq) AS kinds
    FROM finding_events GROUP BY ALL ORDER BY ALL
"""


def written(folder: Path, events: Sequence[Event], files: int) -> list[Path]:
    """Write events into as many files of canonical lines."""
    folder.mkdir()
    size = -(-len(events) // files)
    paths = []
    for turn in range(files):
        paths.append(folder / f"{turn:03}.jsonl")
        part = events[turn * size : (turn + 1) * size]
        paths[-1].write_bytes(b"".join(encode(event) + b"\n" for event in part))
    return paths


def detected(data: Path) -> list[tuple[Any, ...]]:
    """Judge all windows of a store; return what the batch detectors found."""
    command = [*COMMONMODE, "detect", "--once", "--final", "--data", str(data)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with connect(data) as store:
        return store.query(BATCH_FINDINGS).rows()


def undisturbed(data: Path, events: Sequence[Event]) -> list[tuple[Any, ...]]:
    """Return what is found in the same events, stored at one go."""
    with Writer(data) as writer:
        writer.append(Batch(events=to_table(events)))
    return detected(data)


def broken_lives(data: Path) -> list[tuple[Any, ...]]:
    """Return the findings that were not raised once and then revised one by one.

    The watch counts from 0. The batch detector counts from 0 too, or on from what the watch said.
    """
    with connect(data) as store:
        lives = store.query(LIVES).rows()
    assert lives
    told = {name: revisions for name, live, revisions, _ in lives if live}
    return [
        (name, live, revisions, kinds)
        for name, live, revisions, kinds in lives
        if revisions != [*range(revisions[0], revisions[0] + len(revisions))]
        or (revisions[0] > 0 and (live or revisions[0] - 1 not in told[name]))
        or kinds != ["finding_revised" if n else "finding_raised" for n in revisions]
    ]
