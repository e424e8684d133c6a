from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from commonmode.engine.windows import FIRST, LAST, TIME, window_of, window_start

times = st.datetimes(timezones=st.just(UTC))
lengths = st.sampled_from([timedelta(seconds=1), timedelta(hours=1), timedelta(days=7)])


@given(at=times, length=lengths)
def test_every_instant_lies_in_its_window(at: datetime, length: timedelta) -> None:
    window = window_of(at, length)

    assert window.start <= at
    assert at < window.end or window.end == LAST


@given(at=times, length=lengths)
def test_a_frame_and_an_instant_agree_on_the_window(at: datetime, length: timedelta) -> None:
    frame = pl.DataFrame({"at": [at]}, schema={"at": TIME})

    start = frame.select(window_start(length)).item()

    assert start == window_of(at, length).start
    assert window_of(start, length) == window_of(at, length)


def test_windows_follow_one_another_without_gap() -> None:
    one = window_of(datetime(2026, 1, 1, 10, 59, tzinfo=UTC), timedelta(hours=1))
    next_one = window_of(one.end, timedelta(hours=1))

    assert one.end == next_one.start


def test_the_last_window_of_year_9999_ends_with_time() -> None:
    window = window_of(datetime(9999, 12, 31, 23, 59, tzinfo=UTC), timedelta(hours=1))

    assert window.end == LAST


def test_the_first_week_of_year_1_starts_with_time() -> None:
    window = window_of(datetime(1, 1, 1, 3, tzinfo=UTC), timedelta(days=7))

    assert window.start == FIRST
