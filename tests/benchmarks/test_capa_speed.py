"""How fast CAPA of all pairs of 71 models is, as a ratio to the authors' own code, pair by pair."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.statistics.test_capa import exam, theirs

from commonmode.statistics.capa import capa_of_all

pytestmark = pytest.mark.benchmark

MODELS, QUESTIONS, TRIED = 71, 1_000, 5


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_all_pairs_against_the_authors_code(
    record_property: Callable[[str, object], None],
) -> None:
    given_exam = exam(MODELS, QUESTIONS, seed=1)
    pairs = MODELS * (MODELS - 1) // 2
    ours = min(seconds(lambda: capa_of_all(*given_exam)) for _ in range(3))
    each = seconds(lambda: [theirs(given_exam, 0, k) for k in range(1, TRIED + 1)]) / TRIED
    figures = {"ours, all pairs, s": ours, "theirs, a pair, s": each, "ratio": each * pairs / ours}
    for name, figure in figures.items():
        record_property(name, figure)
        print(f"{name}: {figure:,.4g}")  # noqa: T201
    assert capa_of_all(*given_exam)[0, 1] == pytest.approx(theirs(given_exam, 0, 1), abs=1e-9)
