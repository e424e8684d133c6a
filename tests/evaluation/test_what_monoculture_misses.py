"""Where a planted family goes unfound: too few votes, or the second look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from commonmode.detectors import Monoculture, Score, Window
from commonmode.economy.worlds import World, worlds
from commonmode.evaluation.truth import culprits

SEEDS = range(50)
"""Those that thresholds were set on; the scorecard takes others."""


def drawn(name: str, events: int) -> World:
    return next(world for world in worlds(agents=300, events=events) if world.name == name)


def judged(world: World, seed: int) -> tuple[Sequence[Score], set[str]]:
    """Return what is said of every family, and which are guilty."""
    events, start, end = world.frame(seed)
    detector = Monoculture()
    seen = events.lazy().filter(pl.col("kind").is_in(sorted(detector.reads)))
    scores = detector.detect(seen.select(detector.columns()), Window(start, end))
    return scores, {culprit.subject for culprit in culprits(events, detector.name)}


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("monoculture strength=0.4", 30_000),
        ("all plants", 30_000),
        ("everything", 30_000),
        ("everything", 60_000),
    ],
)
def test_the_second_look_takes_back_little_of_what_the_first_found(name: str, events: int) -> None:
    trials = [judged(drawn(name, events), seed) for seed in SEEDS]
    planted = [one for scores, guilty in trials for one in scores if one.subject in guilty]
    others = [one for scores, guilty in trials for one in scores if one.subject not in guilty]
    votes = np.mean([sum(score.n for score in scores) for scores, _ in trials])
    print(  # noqa: T201  figures to be read
        f"\n{name}, {events:,} events: {votes:,.0f} votes, mean κ of the planted family "
        f"{np.mean([one.effect for one in planted]):.3f}; found by the first look "
        f"{first(planted)}, by both {both(planted)} of {len(planted)}; innocent families "
        f"{first(others)} and {both(others)} of {len(others)}"
    )
    assert both(planted) >= 0.75 * first(planted) > 0
    assert both(others) <= first(others) <= 0.05 * len(others)


def first(scores: Sequence[Score]) -> int:
    """Count the families that the first look found: only they are looked at again."""
    return sum("second_kappa" in score.measures for score in scores)


def both(scores: Sequence[Score]) -> int:
    return sum(score.verdict == "finding" for score in scores)
