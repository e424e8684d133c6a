"""Scope: what an agent was permitted, and what it did outside of it."""

from commonmode.detectors.scope.detector import Scope
from commonmode.detectors.scope.grants import Act, Answer, Grant, Ledger

__all__ = ["Act", "Answer", "Grant", "Ledger", "Scope"]
