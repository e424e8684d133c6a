"""The block jackknife rejects as often as it says, neighbours alike or not."""

import numpy as np
from scipy.signal import lfilter

from commonmode.statistics.jackknife import block_jackknife_p_value


def p_of(series: np.ndarray, above: float = 0.0) -> float:
    _, p = block_jackknife_p_value(
        lambda kept: np.array([series[kept].mean()]), len(series), np.array([above])
    )
    return float(p[0])


def test_a_mean_of_nought_is_found_above_it_no_oftener_than_stated() -> None:
    rng = np.random.default_rng(0)
    alone = rng.normal(size=(200, 250))
    alike = lfilter([1], [1, -0.5], rng.normal(size=(200, 250)))
    for worlds in (alone, alike):
        # 200 at 5 %: more than 18 has probability .01.
        assert sum(p_of(series) <= 0.05 for series in worlds) <= 18


def test_an_exact_estimate_is_sure() -> None:
    assert p_of(np.ones(50)) == 0
    assert p_of(np.ones(50), above=2.0) == 1
