"""Days on end over economies in which nothing is planted, or something: what is believed of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import polars as pl
import pytest
from tests.store.samples import new_folder

from commonmode.detectors import Window
from commonmode.detectors.collusion import Collusion
from commonmode.detectors.monoculture import Monoculture
from commonmode.economy import INNOCENTS, PLANTS, Economy, parse
from commonmode.engine.judging import all_said
from commonmode.store import Batch, Writer
from commonmode.store.file_reader import CursorReader

DAY, DAYS = timedelta(days=1), 8
FIRST_SEED = 50


class Watched(NamedTuple):
    """Of how many economies something was ever found, and of how many it was sustained."""

    found: int
    sustained: int


def economy(seed: int, laid: str) -> Economy:
    """Return eight days of 300 agents with a plant, an innocent, or nothing laid over them."""
    of_innocents = laid in {innocent.name for innocent in INNOCENTS}
    plants = [parse(laid, PLANTS)] if laid and not of_innocents else []
    innocents = [parse(laid, INNOCENTS)] if of_innocents else []
    return Economy(seed=seed, events=60_000, days=DAYS, plants=plants, innocents=innocents)


def days_of(events: pl.DataFrame, start: Window) -> Iterator[tuple[Window, pl.LazyFrame]]:
    for day in range(DAYS):
        window = Window(start.start + day * DAY, start.end + day * DAY)
        inside = pl.col("at").is_between(window.start, window.end, closed="left")
        yield window, events.lazy().filter(inside)


def watched(seed: int, laid: str) -> tuple[bool, bool]:
    """Judge every day as it closes; return whether anything was found, and sustained."""
    detector = Monoculture(window=DAY)
    drawn = economy(seed, laid)
    read = pl.col("kind").is_in(sorted(detector.reads))
    events = pl.concat(list(drawn.frames())).unique("id").filter(read)
    events = events.select(detector.columns())
    with new_folder() as folder, Writer(folder) as writer:
        for window, part in days_of(events, Window(drawn.start, drawn.start + DAY)):
            said = all_said(detector, window, detector.detect(part, window))
            writer.append(Batch(judged=[said]))
        row = CursorReader(writer).query(
            "SELECT coalesce(bool_or(verdict = 'finding'), false),"
            " coalesce(bool_or(sustained), false) FROM evidence_over_time"
        )
    found, sustained = row.row(0)
    return found, sustained


def over_seeds(laid: str, seeds: int) -> Watched:
    outcomes = [watched(FIRST_SEED + number, laid) for number in range(seeds)]
    told = Watched(sum(found for found, _ in outcomes), sum(kept for _, kept in outcomes))
    print(f"{laid or 'nothing'}: of {seeds} economies of {DAYS} days {told}")  # noqa: T201
    return told


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_where_nothing_is_planted_days_find_something_and_time_does_not_believe_it() -> None:
    told = over_seeds("", seeds=50)

    # One in twenty economies at most; five of fifty happen by chance in one of twenty-six.
    assert told.sustained <= 5
    assert told.found > told.sustained


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("innocent", ["common-shock", "one-sensible-action", "operator-prompt"])
def test_no_innocent_becomes_believed_by_being_watched(innocent: str) -> None:
    assert over_seeds(innocent, seeds=20).sustained <= 3


def test_a_strong_family_is_believed_within_days() -> None:
    assert watched(FIRST_SEED, "monoculture:strength=0.5") == (True, True)


def test_nothing_is_added_up_of_subjects_that_were_chosen_by_looking() -> None:
    drawn = Economy(seed=FIRST_SEED, plants=[parse("collusion:joint=12", PLANTS)])
    detector, window = Collusion(window=DAY), Window(drawn.start, drawn.start + DAY)
    read = pl.col("kind").is_in(sorted(detector.reads))
    events = pl.concat(list(drawn.frames())).unique("id").filter(read)
    scores = detector.detect(events.lazy().select(detector.columns()), window)

    assert [score for score in scores if score.p_value is not None]
    assert all_said(detector, window, scores).judgements == []
