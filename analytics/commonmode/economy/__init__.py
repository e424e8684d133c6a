"""Synthetic economies: planted phenomena, innocent lookalikes, truth beside the events."""

from commonmode.economy.demo import demo
from commonmode.economy.economy import BadEconomyError, Economy
from commonmode.economy.innocents import INNOCENTS
from commonmode.economy.planting import BadKnobError, Plant, UnknownPlantError, parse
from commonmode.economy.plants import PLANTS

__all__ = [
    "INNOCENTS",
    "PLANTS",
    "BadEconomyError",
    "BadKnobError",
    "Economy",
    "Plant",
    "UnknownPlantError",
    "demo",
    "parse",
]
