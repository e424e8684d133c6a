"""Branching ratios are found where events bring about others, and faked where levels move."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.economy.clock import Span
from commonmode.economy.innocents import BusyHours, OutsideShock, RegimeShift
from commonmode.economy.plants import Cascade
from commonmode.statistics.hawkes import branching_by_counts, fit_hawkes, in_busy_time

MONDAY = 1_767_571_200_000_000
DAY = Span(MONDAY, MONDAY + 24 * 3_600_000_000)
MINUTES = 24 * 60.0


def cascades(ratio: float, seed: int, events: int = 4000, end: float = 4000.0) -> np.ndarray:
    """Generations of events at a constant rate, each after its parent by 1 on average."""
    rng = np.random.default_rng(seed)
    born = [rng.uniform(0, end, rng.poisson(events * (1 - ratio)))]
    while len(born[-1]):
        parents = np.repeat(born[-1], rng.poisson(ratio, len(born[-1])))
        born.append(parents + rng.exponential(1, len(parents)))
    times = np.sort(np.concatenate(born))
    return times[times < end]


def planted(plant: Cascade | BusyHours | OutsideShock | RegimeShift, seed: int) -> np.ndarray:
    """Minutes into a day, with its cycle."""
    times = plant.times(DAY, 2000, np.random.default_rng(seed))
    return (np.sort(times) - DAY.start) / 6e7


def everybody(seed: int) -> np.ndarray:
    return (DAY.draw(20_000, np.random.default_rng([seed, 1])) - DAY.start) / 6e7


@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.7, 0.9])
def test_the_branching_ratio_is_found_by_likelihood_and_by_counts(ratio: float) -> None:
    fits, counted = [], []
    for seed in range(5):
        times = cascades(ratio, seed)
        fits.append(fit_hawkes(times, 4000.0))
        counted.append(branching_by_counts(times, 4000.0, 50.0))
    assert np.mean([fit.branching for fit in fits]) == pytest.approx(ratio, abs=0.04)
    assert np.mean(counted) == pytest.approx(ratio, abs=0.08)
    if ratio >= 0.3:
        assert np.median([fit.decay for fit in fits]) == pytest.approx(1, rel=0.3)


def test_a_daily_cycle_fakes_cascades_until_it_is_taken_out() -> None:
    for seed in range(3):
        alone = planted(BusyHours(), seed)
        assert fit_hawkes(alone, MINUTES).branching > 0.5
        assert branching_by_counts(alone, MINUTES, 40.0) > 0.5
        even = in_busy_time(alone, everybody(seed), MINUTES)
        assert fit_hawkes(even, MINUTES).branching < 0.25
        assert branching_by_counts(even, MINUTES, 40.0) < 0.4


def test_cascades_stay_when_the_cycle_is_taken_out() -> None:
    for seed in range(3):
        even = in_busy_time(planted(Cascade(ratio=0.7), seed), everybody(seed), MINUTES)
        assert fit_hawkes(even, MINUTES).branching == pytest.approx(0.7, abs=0.12)


@pytest.mark.parametrize("lookalike", [OutsideShock(), RegimeShift()])
def test_shocks_and_shifts_of_one_group_fake_cascades_all_the_same(
    lookalike: OutsideShock | RegimeShift,
) -> None:
    """Why a ratio alone is no finding: nothing that moves everyone explains these."""
    even = in_busy_time(planted(lookalike, 0), everybody(0), MINUTES)
    assert fit_hawkes(even, MINUTES).branching > 0.4


def test_too_few_events_are_refused_and_too_few_windows_say_nothing() -> None:
    with pytest.raises(ValueError, match="needs 20 events; found 3"):
        fit_hawkes([1.0, 2.0, 3.0], 10.0)
    assert math.isnan(branching_by_counts([1.0, 2.0], 10.0, 5.0))
    assert math.isnan(branching_by_counts([], 1000.0, 5.0))


@given(
    st.lists(st.floats(0, 100), max_size=30),
    st.lists(st.floats(0, 100), min_size=1, max_size=30),
)
def test_busy_time_keeps_order_and_span(times: list[float], others: list[float]) -> None:
    ordered = sorted(times)
    shown = in_busy_time(ordered, others, 100.0)
    assert (np.diff(shown) >= 0).all()
    assert ((shown >= 0) & (shown <= 100)).all()
