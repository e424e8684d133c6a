"""The detectors that ship, on a small planted economy, through the engine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from tests.engine.tiny import Bench

from commonmode.detectors import ALL, Detector
from commonmode.economy import PLANTS, Economy
from commonmode.engine import explain
from commonmode.events import Event

PLANTED = tuple(kind for kind in ALL if kind.name in {plant.name for plant in PLANTS})
names = pytest.mark.parametrize("kind", PLANTED, ids=lambda kind: kind.name)


@cache
def economy() -> tuple[Event, ...]:
    return tuple(Economy(seed=3, agents=100, events=10_000, plants=[plant() for plant in PLANTS]))


def detector(kind: type[Detector]) -> Detector:
    return kind(window=timedelta(hours=12))


def judged(kind: type[Detector], folder: Path, parts: Sequence[Sequence[Event]]) -> Bench:
    folder.mkdir()
    bench = Bench(folder, detector(kind))
    for part in parts:
        bench.add(*part)
        assert not bench.tick().failures
    assert not bench.tick(final=True).failures
    return bench


@names
def test_any_order_in_any_ticks_finds_what_one_batch_finds(
    kind: type[Detector], tmp_path: Path
) -> None:
    shuffled = list(economy())
    random.Random(1).shuffle(shuffled)
    whole = judged(kind, tmp_path / "whole", [economy()])
    cut = judged(kind, tmp_path / "cut", [shuffled[n::3] for n in range(3)])
    expected, found = whole.standing(), cut.standing()
    whole.close()
    cut.close()

    assert expected
    assert found == expected


@names
def test_its_findings_are_reproduced(kind: type[Detector], tmp_path: Path) -> None:
    bench = judged(kind, tmp_path / "data", [economy()])
    name = bench.findings()["finding_id"][0]
    explanation = explain(bench.reader, name)
    bench.close()

    assert explanation.notes == ()
    assert explanation.reproduced
    assert explanation.evidence.height > 0
