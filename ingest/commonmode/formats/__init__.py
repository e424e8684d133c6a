"""Foreign logs → events: one module a format, one registry, one declared coverage each."""

from commonmode.formats.base import DamagedLogError, Format, ReadOptions, UnknownFormatError
from commonmode.formats.map_file import MapError
from commonmode.formats.mapped import Mapped
from commonmode.formats.registry import FORMATS, detect, get

__all__ = [
    "FORMATS",
    "DamagedLogError",
    "Format",
    "MapError",
    "Mapped",
    "ReadOptions",
    "UnknownFormatError",
    "detect",
    "get",
]
