"""The engine: windows, watermark, incremental tallies, the life of findings."""

from commonmode.engine.engine import Engine
from commonmode.engine.failure import DetectorFailedError
from commonmode.engine.tick import Tick

__all__ = ["DetectorFailedError", "Engine", "Tick"]
