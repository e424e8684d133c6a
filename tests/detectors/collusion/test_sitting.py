"""A window judged from the parts it was counted in is judged as it is from the whole."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from commonmode.detectors import Collusion
from commonmode.detectors.checks import same

from .conftest import DAY, Roaming, posted


def roaming(rings: int) -> pl.DataFrame:
    return Roaming(seed=3, rings=rings, session=2, talking=True).events


def shops(least: int) -> pl.DataFrame:
    """One market whose sellers follow each other's cuts, and others of few and many prices."""
    rng = np.random.default_rng(4)
    cuts = np.where(rng.random(270) < 0.1, 0.7, 1.0)
    follows = np.where(np.roll(cuts, 1) < 1, 0.7, 1.0)
    others = [
        posted(rng.uniform(1, 2, (least + n, 2))).with_columns(resource=pl.lit(f"other-{n}"))
        for n in range(-12, 24)
    ]
    return pl.concat([posted(np.stack([cuts, follows], axis=1)), *others])


@pytest.mark.parametrize("least", [5, 20, 40])
@pytest.mark.parametrize("events", [roaming(0), roaming(2), shops(20), shops(12)])
def test_parts_that_were_never_merged_are_judged_as_the_whole_is(
    events: pl.DataFrame, least: int
) -> None:
    detector = Collusion(least_posts=least)
    sitting = detector.sitting()
    own = sitting.gathering()
    for n in range(3):
        own.add(detector.tally(events[n::3].lazy()))
    scores = sitting.scores(own, {}, DAY)

    assert scores
    assert same(scores, detector.detect(events.lazy(), DAY))


def test_a_window_without_events_has_no_scores() -> None:
    assert list(Collusion().sitting().scores([], {}, DAY)) == []
