"""Agreement coefficients give the published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from commonmode.statistics.reliability import binary_icc, fleiss_kappa, krippendorff_alpha

# Krippendorff (2011): four observers, twelve units, missing values left out.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]

# Fleiss (1971) as commonly worked: ten subjects, fourteen raters, five categories.
PANEL = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def test_krippendorffs_own_example_gives_743() -> None:
    counts = [[row.count(value) for value in range(1, 6)] for row in zip(*OBSERVERS, strict=True)]
    assert krippendorff_alpha(counts) == pytest.approx(0.743, abs=5e-4)


def test_fleiss_example_gives_210() -> None:
    assert fleiss_kappa(PANEL) == pytest.approx(0.210, abs=5e-4)


def test_a_panel_of_uneven_size_is_refused() -> None:
    with pytest.raises(ValueError, match="equally many raters"):
        fleiss_kappa([[2, 0], [1, 0]])


def test_what_never_varies_has_no_coefficient() -> None:
    assert math.isnan(krippendorff_alpha([[3, 0], [3, 0]]))
    assert math.isnan(fleiss_kappa([[3, 0], [3, 0]]))
    assert math.isnan(binary_icc([0, 0], [3, 3]))
    assert math.isnan(binary_icc([1], [3]))


def test_the_icc_of_beta_binomial_failures_is_their_correlation() -> None:
    rng = np.random.default_rng(1)
    votes = rng.integers(5, 40, 20_000)
    # A Beta(a, b) failure probability per situation correlates failures by 1 / (a + b + 1).
    failures = rng.binomial(votes, rng.beta(2, 6, len(votes)))
    assert binary_icc(failures, votes) == pytest.approx(1 / 9, abs=0.005)
