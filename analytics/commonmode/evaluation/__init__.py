"""Scorecards of detectors against planted truth: power, false alarms, cross-fire."""

from commonmode.evaluation.alarms import Alarms, match
from commonmode.evaluation.rates import Rate
from commonmode.evaluation.scorecard import NOMINAL, Row, rows, summary
from commonmode.evaluation.trials import Outcome, World, attempt, attempts, concerns
from commonmode.evaluation.truth import Culprit, culprits

__all__ = [
    "NOMINAL",
    "Alarms",
    "Culprit",
    "Outcome",
    "Rate",
    "Row",
    "World",
    "attempt",
    "attempts",
    "concerns",
    "culprits",
    "match",
    "rows",
    "summary",
]
