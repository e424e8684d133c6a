"""Chance-adjusted agreement and effective numbers keep their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lmsim.metrics import CAPA

from commonmode.statistics.capa import capa, capa_of_all
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


def exam(models: int, questions: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers of models to questions of two to six options, the right answers, the options."""
    rng = np.random.default_rng(seed)
    options = rng.integers(2, 7, questions)
    chances = rng.gamma(0.5, size=(models, questions, 6)) + 1e-9
    chances *= np.arange(6) < options[:, None]
    return chances / chances.sum(axis=2, keepdims=True), rng.integers(0, options), options


def theirs(exam: tuple[np.ndarray, np.ndarray, np.ndarray], one: int, two: int) -> float:
    answers, right, options = exam
    of = [[p[:k] for p, k in zip(answers[m], options, strict=True)] for m in (one, two)]
    return float(CAPA(prob=True).compute_k(of[0], of[1], right.tolist()))


@given(seed=st.integers(0, 2**32 - 1))
def test_all_pairs_at_once_are_what_the_authors_compute_pair_by_pair(seed: int) -> None:
    given_exam = exam(models=3, questions=12, seed=seed)
    ours = capa_of_all(*given_exam)
    for one, two in ((0, 1), (0, 2), (1, 2)):
        assert ours[one, two] == pytest.approx(theirs(given_exam, one, two), abs=1e-9)


def test_plain_answers_agree_with_the_formula_of_one_pair() -> None:
    answers, right, options = exam(models=2, questions=300, seed=1)
    plain = (answers == answers.max(axis=2, keepdims=True)).astype(float)
    agreement = float((plain[0] * plain[1]).sum(axis=1).mean())
    accuracy = plain[:, np.arange(300), right].mean(axis=1)
    expected = capa(agreement, (accuracy[0], accuracy[1]), options)
    assert capa_of_all(plain, right, options)[0, 1] == pytest.approx(expected)
