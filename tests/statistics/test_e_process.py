"""Wealth stays low while nothing is going on, however often one looks."""

from __future__ import annotations

import numpy as np
import pytest

from commonmode.statistics.e_process import betting_e_process


def ever_alarmed(drift: float, runs: int = 400, horizon: int = 1000) -> float:
    rng = np.random.default_rng(1)
    gains = np.clip(rng.normal(drift, 0.35, (runs, horizon)), -1, 1)
    return float(np.mean([betting_e_process(row).max() >= 20 for row in gains]))


def test_looking_after_every_observation_keeps_the_false_alarm_rate() -> None:
    assert ever_alarmed(0.0) <= 0.05


def test_a_drift_is_found() -> None:
    assert ever_alarmed(0.09) > 0.95


def test_wealth_depends_on_the_past_only() -> None:
    gains = np.random.default_rng(2).uniform(-1, 1, 50)
    assert betting_e_process(gains[:20]) == pytest.approx(betting_e_process(gains)[:20])


def test_gains_past_one_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        betting_e_process([0.5, 1.5])


def test_no_observations_give_no_wealth() -> None:
    assert betting_e_process([]).shape == (0,)
