"""Scorecards of detectors against planted truth: power, false alarms, cross-fire."""

from commonmode.evaluation.alarms import Alarms, match
from commonmode.evaluation.archive import Archive
from commonmode.evaluation.calibration import Calibration, calibration, calibrations
from commonmode.evaluation.campaign import attempts
from commonmode.evaluation.looks import Looks, look
from commonmode.evaluation.page import page
from commonmode.evaluation.rates import Rate
from commonmode.evaluation.rows import NOMINAL, Bias, Delay, Row, rows
from commonmode.evaluation.scorecard import Scorecard, harmless, load, published, summary, whole
from commonmode.evaluation.trials import Outcome, World, attempt, concerns
from commonmode.evaluation.truth import Culprit, culprits

__all__ = [
    "NOMINAL",
    "Alarms",
    "Archive",
    "Bias",
    "Calibration",
    "Culprit",
    "Delay",
    "Looks",
    "Outcome",
    "Rate",
    "Row",
    "Scorecard",
    "World",
    "attempt",
    "attempts",
    "calibration",
    "calibrations",
    "concerns",
    "culprits",
    "harmless",
    "load",
    "look",
    "match",
    "page",
    "published",
    "rows",
    "summary",
    "whole",
]
