"""Detectors: one phenomenon a file; each a mergeable tally and a judgement."""

from commonmode.detectors.base import Detector, Sitting, Window
from commonmode.detectors.bound import Narrowing
from commonmode.detectors.collusion import Collusion
from commonmode.detectors.finding import Finding, finding_id
from commonmode.detectors.habit import Habit
from commonmode.detectors.monoculture import Monoculture
from commonmode.detectors.query import Query
from commonmode.detectors.scope import Scope
from commonmode.detectors.score import Score, Verdict
from commonmode.detectors.screen import Screen
from commonmode.detectors.tally import Tallies, TallyTable

ALL: tuple[type[Detector], ...] = (Monoculture, Collusion, Scope, Habit)
"""Every detector. A new one is one file and one line here."""

__all__ = [
    "ALL",
    "Collusion",
    "Detector",
    "Finding",
    "Habit",
    "Monoculture",
    "Narrowing",
    "Query",
    "Scope",
    "Score",
    "Screen",
    "Sitting",
    "Tallies",
    "TallyTable",
    "Verdict",
    "Window",
    "finding_id",
]
