"""CAPA: chance-adjusted agreement of two models on the same questions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from commonmode.statistics.ballots import Floats, Integers


def capa(agreement: float, accuracy: tuple[float, float], options: ArrayLike) -> float:
    r"""Return κ_p, the agreement of two models beyond what their accuracies imply.

    .. math:: κ_p = \frac{c_{obs} - c_{exp}}{1 - c_{exp}},\quad
        c_{exp} = p̄_1 p̄_2 + (1-p̄_1)(1-p̄_2) \overline{1/(k-1)}

    Parameters
    ----------
    agreement : float
        Share of questions answered alike.
    accuracy : tuple of float
        Share answered correctly by each.
    options : array_like
        Number of options k of each question, or of the one they all have; at least 2.

    Returns
    -------
    float
        1 for identical answers, 0 for what two independent models of these accuracies would
        show; NaN when chance alone already makes them agree always.

    References
    ----------
    Goel et al. (2025), Great Models Think Alike and this Undermines AI Oversight, arXiv:2502.04313.

    Examples
    --------
    >>> round(capa(0.7, (0.6, 0.6), options=4), 4)
    0.4886
    """
    first, second = accuracy
    lucky = float(np.mean(1 / (np.asarray(options, dtype=float) - 1)))
    chance = first * second + (1 - first) * (1 - second) * lucky
    return math.nan if chance == 1 else (agreement - chance) / (1 - chance)


def capa_of_all(answers: Floats, right: Integers, options: Integers) -> Floats:
    r"""Return κ_p of every pair of models at once, from the probabilities of their answers.

    As `capa`, with :math:`c_{obs}` the mean over questions of :math:`Σ_a p_1(a) p_2(a)` and
    :math:`p̄` the mean probability given to the right answer. All pairs are one product of
    matrices. Probabilities of 0 and 1 give the agreement of plain answers.

    Parameters
    ----------
    answers : ndarray of shape (models, questions, most options)
        Probability of each answer; 0 past a question's options.
    right : ndarray of shape (questions,)
        Place of the right answer.
    options : ndarray of shape (questions,)
        Number of options of each question, at least 2.

    Returns
    -------
    ndarray of shape (models, models)
        Symmetric; NaN where chance alone already makes two models agree always.

    References
    ----------
    Goel et al. (2025), Great Models Think Alike and this Undermines AI Oversight, arXiv:2502.04313.

    Examples
    --------
    >>> twice, other = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]
    >>> answers = np.array([twice, twice, other])
    >>> capa_of_all(answers, np.array([0, 0]), np.array([2, 2]))[0].tolist()
    [1.0, 1.0, 0.0]
    """
    models, questions = answers.shape[:2]
    flat = answers.reshape(models, -1)
    correct = answers[:, np.arange(questions), right].mean(axis=1)
    lucky = (1 / (options - 1)).mean()
    chance = np.outer(correct, correct) + lucky * np.outer(1 - correct, 1 - correct)
    missing = np.full_like(chance, np.nan)
    gain: Floats = flat @ flat.T / questions - chance
    kappa: Floats = np.divide(gain, 1 - chance, out=missing, where=chance < 1)
    return kappa
