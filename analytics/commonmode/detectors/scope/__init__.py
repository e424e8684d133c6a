"""Scope: what an agent was permitted, and what it did outside of it."""

from commonmode.detectors.scope.detector import Scope
from commonmode.detectors.scope.grants import Act, Answer, Grant
from commonmode.detectors.scope.ledger import Ledger, Review
from commonmode.detectors.scope.live import LiveJudge

__all__ = ["Act", "Answer", "Grant", "Ledger", "LiveJudge", "Review", "Scope"]
