"""Calibration: whether p-values are uniform where nothing is planted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import scipy
from msgspec import Struct

from commonmode.evaluation.rates import Rate
from commonmode.evaluation.trials import Outcome

_LEVEL = 0.05
_SUBJECTS = 2


class Calibration(Struct, frozen=True, kw_only=True):
    """p-values of one detector where nothing is planted, one per log, against the uniform.

    Attributes
    ----------
    what : str
        Which p-value of a log: of one ``subject`` drawn by the seed, or of the ``whole`` log,
        which is the smallest q (Simes' p-value over all subjects).
    values : tuple of float
        Sorted.
    ks, p_value : float
        The Kolmogorov-Smirnov distance from the uniform, and its p-value.
    low, high : float
        How far the distribution lies above the uniform's (more small p-values than promised), and
        below it (fewer: conservative).
    least : Rate
        Logs whose p-value is at most .05; promised are 5 %.

    Notes
    -----
    Both p-values are uniform only if the detector has none too small; a detector that pays for
    looks it takes twice, or whose counts are small, has too many large ones, which costs power and
    accuses nobody.
    """

    detector: str
    what: str
    values: tuple[float, ...]
    ks: float
    p_value: float
    low: float
    high: float
    least: Rate


def calibrations(outcomes: Iterable[Outcome]) -> list[Calibration]:
    """Return what the worlds without anything say of each detector that gives p-values."""
    logs: dict[str, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda o: o.seed):
        if outcome.role == "null":
            logs.setdefault(outcome.detector, []).append(outcome)
    return [
        calibration(name, what, values)
        for name, some in logs.items()
        for what, values in (("subject", _of_a_subject(some)), ("whole", _of_the_whole(some)))
        if values
    ]


def calibration(detector: str, what: str, values: Sequence[float]) -> Calibration:
    """Compare p-values with the uniform distribution.

    Examples
    --------
    >>> even = calibration("any", "whole", [0.1, 0.3, 0.5, 0.7, 0.9])
    >>> round(even.ks, 3), even.least.hits
    (0.1, 0)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    test = scipy.stats.kstest(ordered, "uniform")
    steps = np.arange(len(ordered) + 1) / len(ordered)
    return Calibration(
        detector=detector,
        what=what,
        values=tuple(ordered.round(6).tolist()),
        ks=round(float(test.statistic), 6),
        p_value=round(float(test.pvalue), 6),
        low=round(max(0.0, float((steps[1:] - ordered).max())), 6),
        high=round(max(0.0, float((ordered - steps[:-1]).max())), 6),
        least=Rate(int((ordered <= _LEVEL).sum()), len(ordered)),
    )


def _of_a_subject(logs: Sequence[Outcome]) -> list[float]:
    """Return one p-value a log; none at all if a detector only tells of what came nearest."""
    told = [log.alarms.p_values for log in logs]
    if not any(len(values) >= _SUBJECTS for values in told):
        return []
    return [
        values[log.seed % len(values)] for log, values in zip(logs, told, strict=True) if values
    ]


def _of_the_whole(logs: Sequence[Outcome]) -> list[float]:
    return [log.alarms.least_q for log in logs if log.alarms.least_q is not None]
