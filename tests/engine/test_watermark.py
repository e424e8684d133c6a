from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.engine.watermark import KEPT, Watermark

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NONE = timedelta(0)
HOUR = 3_600_000_000
CENTURIES = 8000 * 365 * 24 * HOUR

leads = st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(-(10**15), 10**12))


def at(watermark: Watermark, now: datetime = NOON, lateness: timedelta = NONE) -> datetime:
    time = watermark.at(now, lateness)
    assert time is not None
    return time


def test_nothing_closes_before_anything_was_seen() -> None:
    assert Watermark().at(NOON, NONE) is None


def test_a_lone_agents_clock_is_the_watermark() -> None:
    assert at(Watermark({"a": -HOUR})) == NOON - timedelta(hours=1)


def test_windows_wait_for_late_events() -> None:
    watermark = Watermark({"a": 0})

    assert at(watermark, lateness=timedelta(minutes=5)) == NOON - timedelta(minutes=5)


def test_one_event_from_the_year_9999_moves_nothing() -> None:
    sane = Watermark(dict.fromkeys("abc", -HOUR))

    assert at(sane.observe({"d": CENTURIES})) == at(sane)


def test_two_skewed_clocks_among_many_move_nothing() -> None:
    sane = Watermark(dict.fromkeys("abcdef", -HOUR))

    assert at(sane.observe({"x": HOUR, "y": HOUR})) == at(sane)


def test_it_moves_when_three_agents_agree() -> None:
    sane = Watermark(dict.fromkeys("abcdef", -HOUR))

    assert at(sane.observe(dict.fromkeys("xyz", 0))) == NOON


def test_it_moves_on_while_a_live_log_is_silent() -> None:
    watermark = Watermark(dict.fromkeys("abc", 0))

    assert at(watermark, now=NOON + timedelta(hours=2)) == NOON + timedelta(hours=2)


@pytest.mark.parametrize("lead", [CENTURIES, -CENTURIES])
def test_no_lead_takes_it_out_of_the_calendar(lead: int) -> None:
    watermark = Watermark({"a": lead})

    assert datetime(1970, 1, 1, tzinfo=UTC) <= at(watermark)


@given(one=leads, other=leads)
def test_the_order_in_which_clocks_are_seen_does_not_matter(
    one: dict[str, int], other: dict[str, int]
) -> None:
    assert Watermark().observe(one).observe(other) == Watermark().observe(other).observe(one)


@given(one=leads, other=leads)
def test_it_never_goes_back_once_enough_agents_are_known(
    one: dict[str, int], other: dict[str, int]
) -> None:
    before = Watermark().observe({**dict.fromkeys("mnopqr", -(10**16)), **one})
    after = before.observe(other)

    assert at(before) <= at(after)


@given(seen=leads)
def test_what_is_remembered_stays_small(seen: dict[str, int]) -> None:
    assert len(Watermark().observe(seen).leads) <= KEPT
