"""The demo's economy: every plant found within its first day, every lookalike left alone."""

import polars as pl
import pytest

from commonmode.detectors import Collusion, Detector, Monoculture, Scope, Window
from commonmode.economy import demo
from commonmode.evaluation import culprits, match


@pytest.fixture(scope="module")
def day() -> pl.DataFrame:
    return pl.concat(list(demo().frames())).unique("id", maintain_order=True)


@pytest.mark.parametrize("detector", [Monoculture(), Collusion(), Scope()], ids=lambda d: d.name)
def test_every_plant_is_found_and_no_lookalike(day: pl.DataFrame, detector: Detector) -> None:
    economy = demo()
    seen = day.lazy().filter(pl.col("kind").is_in(sorted(detector.reads)))

    scores = detector.detect(seen, Window(economy.start, economy.end))
    alarms = match(scores, culprits(day, detector.name))

    assert alarms.found == alarms.culprits > 0
    assert alarms.false == 0, alarms.accused
