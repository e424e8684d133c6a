"""Collusion: agents that act together on shared resources, without a word."""

from commonmode.detectors.collusion.detector import Collusion

__all__ = ["Collusion"]
