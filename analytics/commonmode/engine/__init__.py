"""The engine: windows, watermark, the life of findings."""

from commonmode.engine.engine import Engine
from commonmode.engine.explain import Explanation, UnknownFindingError, explain
from commonmode.engine.failure import DetectorFailedError
from commonmode.engine.tick import Report, Tick, unreported

__all__ = [
    "DetectorFailedError",
    "Engine",
    "Explanation",
    "Report",
    "Tick",
    "UnknownFindingError",
    "explain",
    "unreported",
]
