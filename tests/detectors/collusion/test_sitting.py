"""A window judged from the parts it was counted in is judged as it is from the whole."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from commonmode.detectors import Collusion, Window
from commonmode.detectors.bound import digest
from commonmode.detectors.checks import same
from commonmode.detectors.collusion.presence import NAMED

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


def test_digests_in_the_place_of_texts_give_the_same_scores_with_names() -> None:
    detector, asked, events = Collusion(), list[str](), roaming(2)
    known = {name: events[name].drop_nulls().unique() for name in NAMED}
    texts = {name: dict(zip(digest(of), of, strict=True)) for name, of in known.items()}
    read = events.with_columns(
        events[name].replace_strict(of, digest(of), default=None, return_dtype=pl.UInt64)
        for name, of in known.items()
    )

    def names(column: str, _: Window, digests: pl.Series) -> pl.Series:
        asked.append(column)
        return pl.Series([texts[column][one] for one in digests], dtype=pl.String)

    sitting = detector.sitting(names)
    own = sitting.gathering()
    for n in range(3):
        own.add(detector.tally(read[n::3].lazy()))
    scores = sitting.scores(own, {}, DAY)

    assert sitting.numbered == NAMED
    assert set(asked) == set(NAMED)
    assert [score.verdict for score in scores] == ["finding"] * 2
    assert same(scores, detector.detect(events.lazy(), DAY))


def test_a_window_without_events_has_no_scores() -> None:
    assert list(Collusion().sitting().scores([], {}, DAY)) == []
