"""Chance-adjusted agreement and effective numbers keep their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonmode.statistics.capa import capa
from commonmode.statistics.effective_number import effective_number


def test_independent_models_have_none() -> None:
    rng = np.random.default_rng(1)
    right = rng.random((2, 200_000)) < np.array([[0.7], [0.5]])
    answers = np.where(right, 0, rng.integers(1, 4, right.shape))
    agreement = float((answers[0] == answers[1]).mean())
    assert capa(agreement, (0.7, 0.5), options=4) == pytest.approx(0, abs=0.01)


def test_identical_models_have_all() -> None:
    assert capa(1.0, (0.6, 0.6), options=[2, 4, 8]) == pytest.approx(1)


def test_two_perfect_models_cannot_be_told_apart() -> None:
    assert math.isnan(capa(1.0, (1.0, 1.0), options=4))


@pytest.mark.parametrize(("rho", "agents"), [(0.05, 19.6), (0.2, 5.0), (0.6, 1.7)])
def test_a_thousand_agents_are_worth_the_published_numbers(rho: float, agents: float) -> None:
    assert effective_number(1000, rho) == pytest.approx(agents, abs=0.05)


@given(agents=st.integers(1, 10**6), rho=st.floats(-1, 1))
def test_the_effective_number_lies_between_one_and_all(agents: int, rho: float) -> None:
    assert 1 - 1e-9 <= effective_number(agents, rho) <= agents
