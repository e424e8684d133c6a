"""Scope: what an agent was permitted, and what it did outside of it."""

from commonmode.detectors.scope.detector import Scope
from commonmode.detectors.scope.grants import Act, Answer, Grant, Ledger
from commonmode.detectors.scope.live import LiveJudge

__all__ = ["Act", "Answer", "Grant", "Ledger", "LiveJudge", "Scope"]
