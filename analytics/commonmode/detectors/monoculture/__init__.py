"""Monoculture: agents of one model family deciding alike beyond what the situation explains."""

from commonmode.detectors.monoculture.detector import Monoculture

__all__ = ["Monoculture"]
